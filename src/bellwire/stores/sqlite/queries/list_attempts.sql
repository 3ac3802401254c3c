SELECT attempt FROM attempts WHERE number < ?1 ORDER BY number DESC LIMIT ?2

SELECT number, change FROM changes WHERE number < ?1 ORDER BY number DESC LIMIT ?2

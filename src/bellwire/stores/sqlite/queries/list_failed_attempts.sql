SELECT attempt FROM attempts WHERE failed AND number < ?1 ORDER BY number DESC LIMIT ?2

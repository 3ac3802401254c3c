SELECT number, change FROM changes WHERE subject = ?1 AND number < ?2 ORDER BY number DESC LIMIT ?3

UPDATE sessions SET session = ?2 WHERE id = ?1

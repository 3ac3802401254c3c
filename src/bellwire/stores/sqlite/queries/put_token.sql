INSERT OR REPLACE INTO tokens (name, token) VALUES (?1, ?2)

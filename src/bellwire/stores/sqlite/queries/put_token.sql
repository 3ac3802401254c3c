INSERT OR REPLACE INTO tokens (name, hash) VALUES (?1, ?2)

INSERT OR REPLACE INTO sessions (id, session) VALUES (?1, ?2)

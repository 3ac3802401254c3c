INSERT OR REPLACE INTO sources (name, source) VALUES (?1, ?2)

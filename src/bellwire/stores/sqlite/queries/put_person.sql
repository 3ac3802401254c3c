INSERT OR REPLACE INTO people (name, person) VALUES (?1, ?2)

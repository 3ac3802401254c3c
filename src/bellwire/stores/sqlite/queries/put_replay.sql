INSERT OR REPLACE INTO replays (id, replay) VALUES (?1, ?2)

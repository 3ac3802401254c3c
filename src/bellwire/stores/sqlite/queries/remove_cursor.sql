DELETE FROM cursors WHERE key = ?1

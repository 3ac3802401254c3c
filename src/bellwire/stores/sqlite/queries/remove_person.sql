DELETE FROM people WHERE name = ?1

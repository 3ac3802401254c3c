DELETE FROM blocks WHERE first < ?1

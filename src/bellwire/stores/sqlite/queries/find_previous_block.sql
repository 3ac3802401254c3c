SELECT max(first) FROM blocks WHERE first < ?1

SELECT number FROM attempts WHERE id = ?1

SELECT attempt FROM attempts WHERE id = ?1

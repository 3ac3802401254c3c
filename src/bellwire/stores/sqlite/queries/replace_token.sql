UPDATE tokens SET token = ?2 WHERE name = ?1

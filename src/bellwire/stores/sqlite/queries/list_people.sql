SELECT person FROM people ORDER BY name

SELECT source FROM sources ORDER BY name

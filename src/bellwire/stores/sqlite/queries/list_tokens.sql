SELECT token FROM tokens ORDER BY name

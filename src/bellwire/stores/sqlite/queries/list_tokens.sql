SELECT name, hash FROM tokens

SELECT replay FROM replays ORDER BY id

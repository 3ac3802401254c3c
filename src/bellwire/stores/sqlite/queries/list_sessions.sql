SELECT session FROM sessions ORDER BY id

SELECT cursor FROM cursors ORDER BY key

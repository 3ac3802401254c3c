SELECT cursor FROM cursors ORDER BY webhook_id

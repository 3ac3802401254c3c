SELECT revision FROM webhooks WHERE id = ?1

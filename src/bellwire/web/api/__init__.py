"""The resources of the HTTP API: each handler decodes, makes one call of the service, encodes."""

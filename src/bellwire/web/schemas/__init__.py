"""Schemas of what is read by hand: in step with its reader in rules/, which a test holds."""

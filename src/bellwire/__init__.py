"""Bellwire: webhook delivery that an operator can trust."""

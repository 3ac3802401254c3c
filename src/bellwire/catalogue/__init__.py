"""The event types that come with Bellwire, and the texts that describe them."""

"""Back ends of the contract in clock.py."""

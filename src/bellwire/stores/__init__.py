"""Back ends of the contract in store.py."""

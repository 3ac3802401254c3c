"""Back ends of the contract in sender.py."""

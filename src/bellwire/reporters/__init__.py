"""Back ends of the contract in reporter.py."""

"""How fast Bellwire is, beside the limit of what its parts can do: `python -m benchmarks`, or `make bench`."""

"""What is measured: each module has the scenarios of one kind, and each runs Bellwire as its users run it."""

"""`python -m bellwire` is `bellwire`."""

from bellwire.cli.main import main

main()

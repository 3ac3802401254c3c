"""bellwire openapi: the description of the HTTP API."""

import click

from bellwire.web.api.description import describe_api
from bellwire.web.app import OPERATIONS
from bellwire.web.description import encode


@click.command()
def openapi() -> None:
    """Print the description of the HTTP API (OpenAPI 3.1), as JSON.

    It is that of this version, and what a server of this version answers at /openapi.json; /docs there is the same as a
    page. Needs no server.
    """
    click.echo(encode(describe_api(OPERATIONS)), nl=False)

"""The registered webhooks, as far as lists need them."""

from typing import Final

import click
import msgspec

from bellwire.cli.client import Client
from bellwire.cli.locating import connect

LIST_MAX: Final = 10_000


class WebhookRow(msgspec.Struct, frozen=True):
    """What lists need of a webhook."""

    id: str
    name: str
    url: str


def webhook_rows(client: Client) -> list[WebhookRow]:
    """The webhooks, oldest first."""
    return [msgspec.json.decode(item, type=WebhookRow) for item in client.items("/v1/webhooks", {}, limit=LIST_MAX)]


def webhook_names(client: Client) -> dict[str, str]:
    """The name of each webhook by its id."""
    return {row.id: row.name for row in webhook_rows(client)}


def complete_id(context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    """The ids of the webhooks, for the shell; none where they cannot be read."""
    try:
        return [row.id for row in webhook_rows(connect(context)) if row.id.startswith(incomplete)]
    except click.ClickException:
        return []

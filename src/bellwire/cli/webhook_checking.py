"""`bellwire webhook check`: what stands on the way to an endpoint, step by step."""

from typing import Final

import click
import msgspec

from bellwire.cli.client import TIMEOUT_S, path_of
from bellwire.cli.helping import examples
from bellwire.cli.locating import connect, server_options
from bellwire.cli.tables import print_json_lines
from bellwire.cli.terminal import OUT, printable, say
from bellwire.cli.webhook_actions import TimeoutRow
from bellwire.cli.webhook_rows import complete_id
from bellwire.cli.wording import SECOND_MS
from bellwire.model.duration import parse_duration

STYLES: Final = {"ok": "green", "warning": "yellow", "failure": "red", "skipped": "dim"}
"""How each verdict looks; the word alone says it where there is no colour."""


class StepRow(msgspec.Struct, frozen=True, kw_only=True):
    """One step; see POST /v1/webhooks/{id}/check."""

    step: str
    verdict: str
    found: str
    advice: str


class CheckRow(msgspec.Struct, frozen=True, kw_only=True):
    """A whole check."""

    verdict: str
    steps: tuple[StepRow, ...]


@click.command(epilog=examples("bellwire webhook check ID", "bellwire webhook check ID --json | jq -r .verdict"))
@click.argument("webhook_id", metavar="ID", shell_complete=complete_id)
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@server_options
@click.pass_context
def check(context: click.Context, webhook_id: str, as_json: bool) -> None:
    """Check the endpoint step by step, with what to mend.

    Name, addresses, connection, certificate, and the answer to a webhook.test event. Also while the webhook is disabled
    or paused. Exit status 1 if something fails.
    """
    client = connect(context)
    webhook = msgspec.json.decode(client.ask("GET", path_of("webhooks", webhook_id)).body, type=TimeoutRow)
    timeout_s = TIMEOUT_S + parse_duration(webhook.timeout) / SECOND_MS
    answer = client.ask("POST", path_of("webhooks", webhook_id, "check"), timeout_s=timeout_s)
    checked = msgspec.json.decode(answer.body, type=CheckRow)
    if as_json:
        print_json_lines([answer.body])
    else:
        _show(checked)
    if checked.verdict == "failure":
        context.exit(1)


def _show(checked: CheckRow) -> None:
    width = max(len(row.step) for row in checked.steps)
    mark_width = max(map(len, STYLES))
    for row in checked.steps:
        OUT.print(f"{row.step:{width}}  ", end="", style="bold")
        OUT.print(f"{row.verdict:{mark_width}}  ", end="", style=STYLES.get(row.verdict))
        OUT.print(printable(row.found), soft_wrap=True)
        if row.advice:
            say(f"{'':{width + mark_width + 4}}→ {row.advice}")

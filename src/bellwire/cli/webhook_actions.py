"""What can be done with a webhook besides editing it: pause, resume, test, rotate its key, ask for its account."""

from typing import Any, Final

import click
import msgspec

from bellwire.cli.client import TIMEOUT_S, Client, path_of
from bellwire.cli.helping import examples
from bellwire.cli.locating import connect, server_options
from bellwire.cli.misuse import Misuse
from bellwire.cli.tables import OUTCOME_STYLES, pretty, print_facts, print_json_lines
from bellwire.cli.terminal import OUT, note, say
from bellwire.cli.webhook_rows import complete_id
from bellwire.cli.wording import SECOND_MS, counted, moment
from bellwire.model.duration import parse_duration

SECRET_BYTES_MAX: Final = 64 * 1024


class HeaderRow(msgspec.Struct, frozen=True, kw_only=True):
    """A header as the API shows it."""

    name: str
    value: str


class TestedRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What a test sent, credentials masked."""

    method: str
    url: str
    headers: tuple[HeaderRow, ...]
    body: str


class TestedResponse(msgspec.Struct, frozen=True, kw_only=True):
    """What came back."""

    status: int | None
    headers: tuple[HeaderRow, ...]
    body: str | None


class Tested(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A test and its verdict; see POST /v1/webhooks/{id}/test."""

    outcome: str
    reason: str | None
    request: TestedRequest | None
    response: TestedResponse | None
    duration_ms: float = 0


class StateRow(msgspec.Struct, frozen=True):
    """What is told of a webhook's status once it was paused or resumed."""

    state: str
    backlog: int


class TimeoutRow(msgspec.Struct, frozen=True):
    """How long a webhook's endpoint may take."""

    timeout: str


class Rotated(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A rotated key; see POST /v1/webhooks/{id}/rotate-key."""

    previous_key_until: str | None
    receiver_key: str | None = None
    secret: str | None = None


class AccountRow(msgspec.Struct, frozen=True, kw_only=True):
    """See GET /v1/webhooks/{id}/account."""

    wanted: int
    delivered: int
    waiting: int
    discarded: dict[str, int]


@click.command()
@click.argument("webhook_id", metavar="ID", shell_complete=complete_id)
@server_options
@click.pass_context
def pause(context: click.Context, webhook_id: str) -> None:
    """Stop sending to a webhook and keep what waits.

    Paused time does not count against discardAfter.
    """
    found = _status_after(connect(context), webhook_id, "pause")
    if found.state == "disabled":
        say(f"{webhook_id} is paused, and disabled too, so that nothing comes for it")
        return
    say(f"{webhook_id} is paused; {counted(found.backlog, 'event')} waiting, and what comes is kept")
    note(f"to go on: bellwire webhook resume {webhook_id}")


@click.command()
@click.argument("webhook_id", metavar="ID", shell_complete=complete_id)
@server_options
@click.pass_context
def resume(context: click.Context, webhook_id: str) -> None:
    """Send again: what is paused, gone or waits for its backoff."""
    found = _status_after(connect(context), webhook_id, "resume")
    if found.state == "disabled":
        say(f"{webhook_id} is not paused, but disabled; to enable it: bellwire webhook enable {webhook_id}")
        return
    say(f"{webhook_id} goes on; {counted(found.backlog, 'event')} waiting")


@click.command()
@click.argument("webhook_id", metavar="ID", shell_complete=complete_id)
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@server_options
@click.pass_context
def test(context: click.Context, webhook_id: str, as_json: bool) -> None:
    """Send a webhook.test event now and show the whole exchange.

    Also while the webhook is disabled or paused. Nothing of it enters the log. Exit status 1 if it was not accepted.
    """
    client = connect(context)
    webhook = msgspec.json.decode(client.ask("GET", path_of("webhooks", webhook_id)).body, type=TimeoutRow)
    timeout_s = TIMEOUT_S + parse_duration(webhook.timeout) / SECOND_MS
    answer = client.ask("POST", path_of("webhooks", webhook_id, "test"), timeout_s=timeout_s)
    tested = msgspec.json.decode(answer.body, type=Tested)
    if as_json:
        print_json_lines([answer.body])
    else:
        _show(tested)
    if tested.outcome != "delivered":
        context.exit(1)


@click.command(
    "rotate-key",
    epilog=examples(
        "bellwire webhook rotate-key ID",
        "bellwire webhook rotate-key ID --secret-file /etc/next.key --overlap 7d",
    ),
)
@click.argument("webhook_id", metavar="ID", shell_complete=complete_id)
@click.option("--secret-env", metavar="VAR", help="The next key is in this variable of the server.")
@click.option("--secret-file", metavar="PATH", help="The next key is in this file on the server.")
@click.option("--secret-stdin", is_flag=True, help="Read the next key from standard input.")
@click.option("--overlap", metavar="DURATION", help="For so long the key before signs too. Default: 24h.")
@server_options
@click.pass_context
def rotate_key(
    context: click.Context,
    webhook_id: str,
    secret_env: str | None,
    secret_file: str | None,
    secret_stdin: bool,
    overlap: str | None,
) -> None:
    """Give a webhook another signature key.

    Without an option one is made and shown, this once.

    Until the overlap ends webhook-signature carries the signatures of both keys, so that the receiver can change over.
    X-Signature is the new key's from now on.
    """
    body: dict[str, Any] = {} if overlap is None else {"overlap": overlap}
    key = _next_key(secret_env, secret_file, secret_stdin=secret_stdin)
    if key is not None:
        body["signatureKey"] = key
    answer = connect(context).ask("POST", path_of("webhooks", webhook_id, "rotate-key"), body=msgspec.json.encode(body))
    rotated = msgspec.json.decode(answer.body, type=Rotated)
    if rotated.secret is not None:
        say(rotated.secret)
        note("this is the new key, shown this once; give it to the receiver")
    elif rotated.receiver_key is not None:
        note(f"libraries for Standard Webhooks take the new key as {rotated.receiver_key}")
    if rotated.previous_key_until is not None:
        note(f"the key before signs webhook-signature too until {moment(rotated.previous_key_until)}")
        note("X-Signature is the new key's from the next request on; a receiver that checks it needs that key at once")


@click.command()
@click.argument("webhook_id", metavar="ID", shell_complete=complete_id)
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@server_options
@click.pass_context
def account(context: click.Context, webhook_id: str, as_json: bool) -> None:
    """Show what became of the events that a webhook wanted.

    All since it exists: wanted = delivered + waiting + discarded.
    """
    answer = connect(context).ask("GET", path_of("webhooks", webhook_id, "account"))
    if as_json:
        print_json_lines([answer.body])
        return
    found = msgspec.json.decode(answer.body, type=AccountRow)
    facts = [
        ("wanted", counted(found.wanted, "event")),
        ("delivered", f"{found.delivered:,}"),
        ("waiting", f"{found.waiting:,}"),
        ("discarded", f"{sum(found.discarded.values()):,}"),
    ]
    facts += [(f"  {reason}", f"{number:,}") for reason, number in sorted(found.discarded.items())]
    print_facts(facts)


def _status_after(client: Client, webhook_id: str, action: str) -> StateRow:
    return msgspec.json.decode(client.ask("POST", path_of("webhooks", webhook_id, action)).body, type=StateRow)


def _show(tested: Tested) -> None:
    request, response = tested.request, tested.response
    if request is not None:
        say(f"{request.method} {request.url}", style="bold")
        for header in request.headers:
            say(f"{header.name}: {header.value}")
        say()
        OUT.print_json(pretty(request.body.encode()))
        say()
    if response is not None and response.status is not None:
        say(f"answered {response.status} in {tested.duration_ms:.1f} ms", style="bold")
        for header in response.headers:
            say(f"{header.name}: {header.value}")
        if response.body:
            say()
            for line in response.body.splitlines():
                say(line)
        say()
    reason = f": {tested.reason}" if tested.reason else ""
    say(f"{tested.outcome}{reason}", style=OUTCOME_STYLES.get(tested.outcome))


def _next_key(secret_env: str | None, secret_file: str | None, *, secret_stdin: bool) -> dict[str, str] | str | None:
    if sum((secret_env is not None, secret_file is not None, secret_stdin)) > 1:
        raise Misuse("give one of --secret-env, --secret-file and --secret-stdin, or none to have a key made")
    if secret_env is not None:
        return {"@type": "EnvironmentVariable", "variableName": secret_env}
    if secret_file is not None:
        return {"@type": "File", "filePath": secret_file}
    return read_secret() if secret_stdin else None


def read_secret() -> str:
    """The secret on standard input; white space at its end is no part of it."""
    with click.open_file("-", "rb") as stream:
        written = stream.read(SECRET_BYTES_MAX + 1)
    if len(written) > SECRET_BYTES_MAX:
        raise click.ClickException(f"standard input has more than {SECRET_BYTES_MAX} bytes; a secret is shorter")
    try:
        secret: str = written.decode().rstrip()
    except UnicodeDecodeError as problem:
        raise click.ClickException(f"standard input is not UTF-8 at byte {problem.start}; encode the key") from problem
    if not secret:
        raise click.ClickException("standard input is empty; write the secret there")
    return secret

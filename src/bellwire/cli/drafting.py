"""A WebHook object from the options of `webhook create`."""

from collections.abc import Callable, Sequence
from typing import Any, Final, TypeVar

import click
import msgspec

from bellwire.cli.client import Client
from bellwire.cli.keys import named_auth, named_key
from bellwire.cli.misuse import Misuse
from bellwire.model.event_type import TracingLevel
from bellwire.model.webhook import EventPolicy

PATTERN_CHARACTERS: Final = "*?["
TYPES_MAX: Final = 20_000

Command = TypeVar("Command", bound=Callable[..., Any])

_OPTIONS: Final = (
    click.option("--url", help="The endpoint."),
    click.option(
        "--event",
        "events",
        multiple=True,
        metavar="TYPE",
        help="An event type, or a pattern ('auth.*') that is replaced by the types it stands for. Repeatable.",
    ),
    click.option(
        "--policy",
        type=click.Choice([policy.value for policy in EventPolicy]),
        help="Whether it gets the --event types (include) or all others. Default: include, with no --event exclude.",
    ),
    click.option("--name", help="How it is called in lists. Default: the URL's host."),
    click.option("--secret-env", metavar="VAR", help="Sign with the secret in this variable of the server."),
    click.option("--secret-file", metavar="PATH", help="Sign with the secret in this file on the server."),
    click.option("--auth-basic-user", metavar="NAME", help="Authenticate as this user."),
    click.option("--auth-secret-env", metavar="VAR", help="The password is in this variable of the server."),
    click.option("--auth-secret-file", metavar="PATH", help="The password is in this file on the server."),
    click.option("--bearer-env", metavar="VAR", help="Authenticate with the token in this variable of the server."),
    click.option("--bearer-file", metavar="PATH", help="Authenticate with the token in this file on the server."),
    click.option("--header", "headers", multiple=True, metavar="'NAME: VALUE'", help="A header to send. Repeatable."),
    click.option("--throttle", metavar="DURATION", help="Least time between requests. Default: 1s."),
    click.option("--timeout", metavar="DURATION", help="Most time for a request. Default: 30s."),
    click.option("--discard-after", metavar="DURATION", help="Give an event up after this time. Default: 5m."),
    click.option("--level", type=click.Choice([level.value for level in TracingLevel]), help="The least severity."),
    click.option("--lossy", is_flag=True, default=None, help="Drop events while the endpoint fails."),
    click.option("--allow-invalid-certs", is_flag=True, default=None, help="Do not verify its TLS certificate."),
    click.option("--disabled", is_flag=True, help="Register it, but deliver nothing yet."),
)


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """An object that is not registered yet. expanded: the types that each pattern stands for."""

    document: dict[str, Any]
    expanded: dict[str, tuple[str, ...]]


def draft_options(command: Command) -> Command:
    """Add the options that `draft` reads."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def draft(client: Client, options: dict[str, Any]) -> Draft:
    """The object that the options describe; the server checks it. Raises Misuse where they exclude each other."""
    expanded = {pattern: _expand(client, pattern) for pattern in options["events"] if _is_pattern(pattern)}
    events = [each for named in options["events"] for each in expanded.get(named, (named,))]
    given: dict[str, Any] = {
        "url": options["url"],
        "name": options["name"],
        "events": list(dict.fromkeys(events)),
        "eventsPolicy": options["policy"] or (EventPolicy.INCLUDE if events else EventPolicy.EXCLUDE).value,
        "timeout": options["timeout"],
        "throttle": options["throttle"],
        "discardAfter": options["discard_after"],
        "signatureKey": named_key(options["secret_env"], options["secret_file"], option="--secret"),
        "httpAuth": named_auth(options),
        "httpHeaders": _headers(options["headers"]),
        "level": options["level"],
        "lossy": options["lossy"],
        "allowInvalidCerts": options["allow_invalid_certs"],
        "enable": False if options["disabled"] else None,
    }
    document = {name: value for name, value in given.items() if value is not None}
    return Draft(document=document, expanded=expanded)


def any_given(options: dict[str, Any]) -> bool:
    """Whether any of the options was given."""
    return any(value not in (None, False, ()) for value in options.values())


class _Type(msgspec.Struct, frozen=True):
    id: str
    former: bool = False


def _is_pattern(text: str) -> bool:
    return any(character in text for character in PATTERN_CHARACTERS)


def _expand(client: Client, pattern: str) -> tuple[str, ...]:
    items = client.items("/v1/event-types", {"pattern": pattern}, limit=TYPES_MAX)
    types = (msgspec.json.decode(item, type=_Type) for item in items)
    found = tuple(each.id for each in types if not each.former)
    if not found:
        raise Misuse(f"--event: no event type matches {pattern!r}; bellwire event-types lists them")
    return found


def _headers(written: Sequence[str]) -> dict[str, str] | None:
    headers: dict[str, str] = {}
    for each in written:
        name, colon, value = each.partition(":")
        if not colon:
            raise Misuse(f"--header {each!r} has no colon; write it as 'Name: value'")
        if name in headers:
            raise Misuse(f"--header {name} is given twice; give it once")
        headers[name] = value.strip()
    return headers or None

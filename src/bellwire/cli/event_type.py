"""`bellwire event-type`: one kind of event; show, set its level, declare one of your own."""

import http
from collections.abc import Mapping

import click
import msgspec

from bellwire.cli.client import Client, Refused, path_of
from bellwire.cli.helping import OrderedGroup, examples
from bellwire.cli.locating import connect, server_options
from bellwire.cli.tables import LEVEL_STYLES, print_facts, print_json_lines
from bellwire.cli.terminal import say
from bellwire.cli.wording import counted
from bellwire.model.event_type import EventLevel, TracingLevel


class KeyRow(msgspec.Struct, frozen=True, kw_only=True):
    """A member of an event's data."""

    name: str
    types: tuple[str, ...]
    unit: str | None
    description: str


class GroupRow(msgspec.Struct, frozen=True, kw_only=True):
    """What types of one prefix have in common."""

    title: str
    description: str


class TypeDetails(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """See GET /v1/event-types/{id}."""

    id: str
    level: str
    own_level: str = ""
    disabled: bool = False
    description: str = ""
    former_names: tuple[str, ...] = ()
    former: bool = False
    successors: tuple[str, ...] = ()
    group: GroupRow | None
    keys: tuple[KeyRow, ...]
    comes_with_bellwire: bool
    webhooks_wanting: int


@click.command()
@click.argument("type_id", metavar="TYPE")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@server_options
@click.pass_context
def show(context: click.Context, type_id: str, as_json: bool) -> None:
    """Show what is known of an event type.

    Its level, what it means, the members of its data, and how many webhooks want it.
    """
    answer = connect(context).ask("GET", path_of("event-types", type_id))
    if as_json:
        print_json_lines([answer.body])
        return
    _show(msgspec.json.decode(answer.body, type=TypeDetails))


@click.command(
    "level",
    epilog=examples("bellwire event-type level smtp.raw-input disable", "bellwire event-type level auth.failed warn"),
)
@click.argument("type_id", metavar="TYPE")
@click.argument("level", type=click.Choice([*(level.value for level in EventLevel), "reset"]))
@server_options
@click.pass_context
def set_level(context: click.Context, type_id: str, level: str) -> None:
    """Set the level of an event type for all webhooks; counts at once.

    `disable` keeps the type out of every webhook, `reset` gives it its own level again.
    """
    client = connect(context)
    client.ask("GET", path_of("event-types", type_id))  # an id that is unknown is a slip of the pen, no declaration
    _put(client, type_id, {"level": None if level == "reset" else level})


@click.command(
    epilog=examples(
        "bellwire event-type declare shop.order-paid --level info \\",
        "    --description 'An order was paid.'",
    )
)
@click.argument("type_id", metavar="TYPE")
@click.option(
    "--level",
    type=click.Choice([level.value for level in TracingLevel]),
    default="info",
    show_default=True,
    help="Its severity.",
)
@click.option("--description", metavar="TEXT", help="What happened, in a sentence.")
@server_options
@click.pass_context
def declare(context: click.Context, type_id: str, level: str, description: str | None) -> None:
    """Declare an event type of your own, or describe it anew.

    Webhooks can list it before the first such event. The file of settings can declare types too.
    """
    client = connect(context)
    if _comes_with_bellwire(client, type_id):
        message = f"{type_id} comes with Bellwire; to set its level: bellwire event-type level {type_id} {level}"
        raise click.ClickException(message)
    wish = {"level": level} if description is None else {"level": level, "description": description}
    _put(client, type_id, wish)


@click.group(cls=OrderedGroup, commands=[show, set_level, declare])
@server_options
def event_type() -> None:
    """Look at an event type, set its level, declare your own."""


def _comes_with_bellwire(client: Client, type_id: str) -> bool:
    try:
        answer = client.ask("GET", path_of("event-types", type_id))
    except Refused as refused:
        if refused.status == http.HTTPStatus.NOT_FOUND:
            return False
        raise
    return msgspec.json.decode(answer.body, type=TypeDetails).comes_with_bellwire


def _put(client: Client, type_id: str, wish: Mapping[str, str | None]) -> None:
    answer = client.ask("PUT", path_of("event-types", type_id), body=msgspec.json.encode(wish))
    details = msgspec.json.decode(answer.body, type=TypeDetails)
    if details.disabled:
        say(f"{details.id} is disabled: no webhook gets it")
        return
    say(f"{details.id} has level {details.level}; {counted(details.webhooks_wanting, 'webhook')} wanting it")


def _show(details: TypeDetails) -> None:
    say(details.id, style=LEVEL_STYLES.get(details.level))
    if details.description:
        say(details.description)
    facts = [("level", _level(details))]
    facts += [("group", details.group.title)] if details.group else []
    facts += [("former names", ", ".join(details.former_names))] if details.former_names else []
    if details.former:
        facts.append(("today", " and ".join(details.successors) or "gone without a successor"))
    facts.append(("wanted by", counted(details.webhooks_wanting, "webhook")))
    print_facts(facts)
    if details.keys:
        say()
        say("members of its data", style="bold")
        print_facts([(key.name, _member(key)) for key in details.keys])


def _level(details: TypeDetails) -> str:
    if details.disabled:
        return "disabled for all webhooks"
    changed = details.own_level and details.own_level != details.level
    return f"{details.level} (its own: {details.own_level})" if changed else details.level


def _member(key: KeyRow) -> str:
    kind = " or ".join(key.types) + (f" in {key.unit}" if key.unit else "")
    return f"{kind}: {key.description}"

"""`bellwire webhook`: create, validate, update and edit, which send a WebHook object to the server."""

import textwrap
from typing import Any, BinaryIO, Final

import click
import msgspec

from bellwire.cli.asking import confirm, may_ask
from bellwire.cli.client import JSON, Answer, Client, Refused, path_of
from bellwire.cli.drafting import any_given, draft, draft_options
from bellwire.cli.helping import examples
from bellwire.cli.lines import name_of
from bellwire.cli.locating import connect, server_options
from bellwire.cli.misuse import Misuse
from bellwire.cli.refusing import tell_refusal
from bellwire.cli.tables import pretty
from bellwire.cli.terminal import ERR, note, say
from bellwire.cli.webhook_rows import complete_id
from bellwire.cli.wording import counted

OBJECT_BYTES_MAX: Final = 1024 * 1024
TEXT_WIDTH_MAX: Final = 100
CONFLICT: Final = 412
SERVER_FIELDS: Final = ("id", "createdAt", "updatedAt")


class Edited(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What the API answers to an edit, as far as it is told. event_types: how many it gets, if it was checked.

    receiver_key: the form of the signature key that receivers' libraries want, if the API knows the key itself.
    """

    id: str = ""
    name: str = ""
    events: tuple[str, ...] = ()
    events_policy: str = ""
    warnings: tuple[dict[str, str], ...] = ()
    event_types: int = 0
    receiver_key: str | None = None


@click.command(
    epilog=examples(
        "bellwire webhook create hook.json",
        "bellwire webhook create --url https://example.com/hook --event 'auth.*' \\",
        "    --secret-env HOOK_SECRET --header 'X-Tenant: 7'",
    )
)
@click.argument("document", type=click.File("rb"), required=False, metavar="[FILE|-]")
@draft_options
@click.option("--yes", is_flag=True, help="Do not ask about patterns.")
@server_options
@click.pass_context
def create(context: click.Context, /, document: BinaryIO | None, yes: bool, **options: Any) -> None:  # noqa: ANN401 - see draft_options
    """Register a webhook.

    From a WebHook object in JSON, or from options. Its id is printed to standard output, all else to standard error.
    """
    client = connect(context)
    if document is not None:
        if any_given(options):
            raise Misuse("give the object as a FILE or by options, not both")
        body = read_object(document)
    else:
        body = _drafted(client, options, yes=yes)
    edited = _edited(client.ask("POST", "/v1/webhooks", body=body, headers={"Content-Type": JSON}))
    say(edited.id)
    _warn(edited)
    wanted = edited.events[0] if edited.events_policy == "include" and edited.events else "auth.success"
    if edited.receiver_key is not None:
        note(f"receivers' Standard Webhooks libraries want its key as {edited.receiver_key}")
    note(f"created {edited.name!r}; to publish an event that it gets, and to see how it does:")
    note(f"  bellwire emit {wanted}", style="cyan")
    note(f"  bellwire webhook status {edited.id}", style="cyan")


@click.command(epilog=examples("bellwire webhook validate hook.json && echo sound"))
@click.argument("document", type=click.File("rb"), metavar="FILE|-")
@server_options
@click.pass_context
def validate(context: click.Context, document: BinaryIO) -> None:
    """Check a WebHook object without registering it."""
    body = read_object(document)
    answer = connect(context).ask(
        "POST", "/v1/webhooks", query={"validate": "true"}, body=body, headers={"Content-Type": JSON}
    )
    edited = _edited(answer)
    say("the object is sound", style="green")
    _warn(edited)
    say(f"it gets events of {counted(edited.event_types, 'type')}")


@click.command(epilog=examples("bellwire webhook show ID > hook.json", "bellwire webhook update ID hook.json"))
@click.argument("webhook_id", metavar="ID", shell_complete=complete_id)
@click.argument("document", type=click.File("rb"), metavar="FILE|-")
@server_options
@click.pass_context
def update(context: click.Context, webhook_id: str, document: BinaryIO) -> None:
    """Replace a webhook's object by the one in a file.

    Fails when somebody else changes the webhook at the same time. A secret written as **** stays as it is.
    """
    client = connect(context)
    body = read_object(document)
    tag = client.ask("GET", path_of("webhooks", webhook_id)).etag
    _warn(_put(client, webhook_id, body, tag=tag))
    say(f"{webhook_id} is updated; it counts from the next request on")


@click.command(epilog=examples("EDITOR=nano bellwire webhook edit ID"))
@click.argument("webhook_id", metavar="ID", shell_complete=complete_id)
@server_options
@click.pass_context
def edit(context: click.Context, webhook_id: str) -> None:
    """Edit a webhook's object in $EDITOR.

    When something is wrong with it, that is shown, and it can be edited again.
    """
    if not may_ask():
        raise Misuse("this is no terminal to edit at; use bellwire webhook update ID FILE")
    client = connect(context)
    answer = client.ask("GET", path_of("webhooks", webhook_id))
    before = text = pretty(_without_server_fields(answer.body)) + "\n"
    tag = answer.etag
    while True:
        written = click.edit(text, extension=".json", require_save=False) or ""
        if written.strip() in {"", before.strip()}:
            say("nothing was changed")
            return
        try:
            edited = _put(client, webhook_id, written.encode(), tag=tag)
        except Refused as refused:
            text, tag = written, _after_refusal(client, webhook_id, refused, tag=tag)
            continue
        _warn(edited)
        say(f"{webhook_id} is updated; it counts from the next request on")
        return


def read_object(file: BinaryIO) -> bytes:
    """A WebHook object as it was written; the server reads it."""
    body = file.read(OBJECT_BYTES_MAX + 1)
    if len(body) > OBJECT_BYTES_MAX:
        raise click.ClickException(
            f"{name_of(file)} has more than {OBJECT_BYTES_MAX} bytes; a WebHook object is smaller"
        )
    return body


def _drafted(client: Client, options: dict[str, Any], *, yes: bool) -> bytes:
    if options["url"] is None:
        raise Misuse("give the object as a FILE, or at least --url")
    drafted = draft(client, options)
    for pattern, types in drafted.expanded.items():
        note(f"{pattern} stands for {counted(len(types), 'event type')}:")
        _note_wrapped(", ".join(types))
    if drafted.expanded:
        verb = "get" if drafted.document["eventsPolicy"] == "include" else "get all but"
        confirm(f"The webhook will {verb} these and no later ones. Create it?", yes=yes)
    return msgspec.json.encode(drafted.document)


def _after_refusal(client: Client, webhook_id: str, refused: Refused, *, tag: str) -> str:
    """Show what was wrong and ask whether to edit on; returns the version that the next attempt goes out from."""
    tell_refusal(refused)
    if refused.status == CONFLICT:
        confirm("Somebody else changed the webhook meanwhile. Edit on, to replace their version by yours?", yes=False)
        return client.ask("GET", path_of("webhooks", webhook_id)).etag
    confirm("Edit it again? (otherwise nothing is changed)", yes=False)
    return tag


def _put(client: Client, webhook_id: str, body: bytes, *, tag: str) -> Edited:
    headers = {"Content-Type": JSON, "If-Match": tag}
    return _edited(client.ask("PUT", path_of("webhooks", webhook_id), body=body, headers=headers))


def _edited(answer: Answer) -> Edited:
    return msgspec.json.decode(answer.body, type=Edited)


def _warn(edited: Edited) -> None:
    for warning in edited.warnings:
        path = f"{warning['path']}: " if warning.get("path") else ""
        note(f"warning: {path}{warning['message']}", style="yellow")


def _without_server_fields(body: bytes) -> bytes:
    members = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
    return msgspec.json.encode({name: value for name, value in members.items() if name not in SERVER_FIELDS})


def _note_wrapped(text: str) -> None:
    width = min(ERR.width, TEXT_WIDTH_MAX) - 2
    for line in textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False):
        note(f"  {line}")

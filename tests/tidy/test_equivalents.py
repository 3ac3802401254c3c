"""What pages name as the same by command or call: all of them do, and what they name is there and can be given."""

import re
import shlex
from pathlib import Path

import click
import msgspec
import pytest

from bellwire.cli.main import cli
from bellwire.web.app import OPERATIONS
from bellwire.web.pages.equivalent import Equivalent, same
from bellwire.web.pages.equivalents import EQUIVALENTS
from bellwire.web.pages.pages import _PAGES

ENTRIES = [(page, each) for page, entry in EQUIVALENTS.items() for each in entry]
REMEDY = "add a line to EQUIVALENTS in src/bellwire/web/pages/equivalents.py"


def test_every_page_that_can_be_opened_names_a_command_or_a_call() -> None:
    bare = [page for page, handlers in _PAGES.items() if "GET" in handlers and not EQUIVALENTS.get(page)]
    assert bare == [], f"{REMEDY} for each"


def test_every_entry_is_of_a_page() -> None:
    assert [page for page in EQUIVALENTS if page not in _PAGES] == []


def test_a_call_that_the_api_does_not_have_is_refused_with_its_name() -> None:
    with pytest.raises(LookupError, match="GET /v1/none"):
        same("GET /v1/none?of=them", "status")


def test_every_entry_has_a_title_and_something_to_give() -> None:
    assert [page for page, each in ENTRIES if not each.title or not (each.call or each.command)] == []


def test_calls_have_only_parameters_that_their_operation_takes_and_a_body_where_it_needs_one() -> None:
    wrong = []
    for page, each in ENTRIES:
        if each.operation is None:
            continue
        known = {parameter.name for parameter in each.operation.parameters}
        given = set(re.findall(r"[?&](\w+)=", each.call)) | set(each.filters.values())
        wrong += [f"{page}: {each.call}: no parameter {name}" for name in given - known]
        takes, required = (
            each.operation.body is not None,
            each.operation.body is not None and each.operation.body.required,
        )
        if (each.body and not takes) or (required and not each.body):
            wrong.append(f"{page}: {each.call}: body {each.body!r}")
    assert wrong == []


def test_bodies_are_json_or_a_file() -> None:
    for _, each in ENTRIES:
        if each.body and not each.body.startswith("@"):
            assert isinstance(msgspec.json.decode(each.body), dict)


def test_every_command_can_be_given_as_it_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("hook.json", "body.json"):
        (tmp_path / name).touch()
    wrong = [
        f"{page}: bellwire {each.command}: {trouble}"
        for page, each in ENTRIES
        if each.command and (trouble := _trouble(each))
    ]
    assert wrong == []


@pytest.mark.parametrize("command", ["webhook destroy {webhook_id}", "status --al", "webhook pause", "why"])
def test_a_command_with_a_wrong_word_or_too_few_is_noticed(command: str) -> None:
    assert _trouble(same(command=command, title="Wrong"))


def test_parts_in_braces_are_those_of_the_api_and_of_its_pages() -> None:
    known = set(re.findall(r"\{(\w+)", " ".join(path for path, _ in OPERATIONS)))
    named = {(page, part) for page, each in ENTRIES for part in re.findall(r"\{(\w+)\}", each.command + each.call)}
    assert {part for _, part in named} - known == set()


def _trouble(equivalent: Equivalent) -> str:
    """Why the program would refuse the command as it is parsed; empty where it would not."""
    words = [word.strip("{}") for word in shlex.split(equivalent.command)]
    command: click.Command = cli
    context = click.Context(command)
    try:
        while isinstance(command, click.Group):
            _, found, words = command.resolve_command(context, words)
            assert found is not None
            command, context = found, click.Context(found, parent=context)
        with command.make_context(command.name, words, parent=context):
            options = {name for parameter in command.params for name in parameter.opts}
    except (click.ClickException, IndexError) as problem:
        return str(problem)
    return ", ".join(f"no option {name}" for name in equivalent.filters.values() if f"--{name}" not in options)

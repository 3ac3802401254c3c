"""What the documents say is there: settings, fields, commands, options, verbs, files."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import msgspec
import pytest

from bellwire.cli.main import cli
from bellwire.config import SETTINGS
from bellwire.model.source import Source
from bellwire.model.webhook import WebHook
from bellwire.web.app import OPERATIONS
from tidy.repository import ROOT, SOURCE, documents, files, text_files

FENCE = re.compile(r"^```(?:sh|console|bash)\n(.*?)^```", re.MULTILINE | re.DOTALL)
SPAN = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
LINK = re.compile(r"\[[^\]\n]*\]\(([^)\s]+)\)")
ASSIGNMENT = re.compile(r"[A-Z_]+=\S*")
VERB = re.compile(r"^([a-z]+):.*##", re.MULTILINE)
OTHER_VARIABLES = {"BELLWIRE_CONFIG", "BELLWIRE_URL", "BELLWIRE_TOKEN", "BELLWIRE_SECRETS_KEY"}

VERBS = set(VERB.findall((ROOT / "Makefile").read_text(encoding="utf-8")))


def test_every_setting_is_documented_with_its_variable() -> None:
    text = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if line.startswith("|")]
    missing = [
        setting.name
        for setting in SETTINGS
        if not any(f"`{setting.name}`" in row and f"`{setting.variable}`" in row for row in rows)
    ]
    assert missing == []


def test_every_variable_that_is_documented_exists() -> None:
    known = {setting.variable for setting in SETTINGS} | OTHER_VARIABLES
    named = {name for text in documents().values() for name in re.findall(r"\bBELLWIRE_[A-Z_]*[A-Z]\b", text)}
    assert named - known == set()


def test_every_field_of_the_webhook_object_is_documented() -> None:
    text = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    fields = [field.encode_name for field in msgspec.structs.fields(WebHook)]
    assert [name for name in fields if f"| `{name}` |" not in text] == []


def test_every_command_is_documented() -> None:
    text = "\n".join(documents().values())
    assert [path for path in _command_paths(cli, "bellwire") if not re.search(rf"\b{path}\b", text)] == []


def test_every_route_of_the_api_is_documented() -> None:
    text = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    routes = {f"{method} {path}" for path, method in OPERATIONS}
    documented = set(re.findall(r"^\| `([A-Z]+ /\S*)` \|", text, re.MULTILINE))
    assert {re.sub(r"\{\w+(?::path)?\}", "{id}", route) for route in routes} == {
        re.sub(r"\{name\}", "{id}", route) for route in documented
    }


def test_every_field_of_the_source_object_is_documented() -> None:
    text = (ROOT / "docs" / "relaying.md").read_text(encoding="utf-8")
    fields = [field.encode_name for field in msgspec.structs.fields(Source)]
    assert [name for name in fields if f"| `{name}` |" not in text] == []


def test_every_verb_of_the_makefile_is_told_in_a_document() -> None:
    text = "\n".join(documents().values())
    assert [verb for verb in sorted(VERBS) if f"make {verb}" not in text] == []


def test_every_command_in_a_document_can_be_given() -> None:
    wrong = [
        f"{path.relative_to(ROOT)}: {line}: {trouble}"
        for path, text in documents().items()
        for line in _commands_in(text)
        if (trouble := trouble_with(line))
    ]
    assert wrong == []


@pytest.mark.parametrize(
    ("line", "sound"),
    [
        ("make demo ONCE=1", True),
        ("make coffee", False),
        ("bellwire serve --listen 127.0.0.1:9000", True),
        ("BELLWIRE_LOG_FORMAT=json bellwire serve", True),
        ("bellwire serve --lisen 127.0.0.1:9000", False),
        ("bellwire webhook create --event auth.success", True),
        ("bellwire webhook destroy", False),
    ],
)
def test_a_command_with_a_wrong_word_is_noticed(line: str, *, sound: bool) -> None:
    assert (trouble_with(line) is None) is sound


def test_every_link_between_documents_leads_to_a_file_and_heading() -> None:
    broken = [
        f"{path.relative_to(ROOT)}: {target}"
        for path, text in documents().items()
        for target in LINK.findall(text)
        if not target.startswith(("https://", "http://", "mailto:")) and not _leads_somewhere(path, target)
    ]
    assert broken == []


def test_every_file_that_the_architecture_names_exists() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    named = {span for span in SPAN.findall(text) if re.fullmatch(r"[\w./-]+\.(?:py|sql|md|toml|tsv|txt)", span)}
    known = {str(path.relative_to(ROOT)) for path in files()}
    assert [name for name in sorted(named) if not any(f"/{path}".endswith(f"/{name}") for path in known)] == []


def test_every_package_is_named_in_the_architecture() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    packages = sorted(path.name for path in SOURCE.iterdir() if (path / "__init__.py").exists())
    assert packages
    assert [name for name in packages if f"`{name}/`" not in text] == []


def test_ci_gives_the_commands_of_the_readme() -> None:
    lines = text_files()[ROOT / ".ci" / "run"].splitlines()
    given = [line for line in lines if line.startswith("make ")]
    readme = text_files()[ROOT / "README.md"]
    assert given
    assert [line for line in given if line not in readme] == []


def trouble_with(line: str) -> str | None:
    """Why the command cannot be given; None if it can."""
    words = shlex.split(line, comments=True)
    while words and ASSIGNMENT.fullmatch(words[0]):
        words.pop(0)
    if words[0] == "make":
        verbs = [word for word in words[1:] if "=" not in word and not word.startswith("-")]
        return next((f"there is no verb {verb}" for verb in verbs if verb not in VERBS), None)
    return _trouble_with_options(cli, words[1:])


def _trouble_with_options(command: click.Command, words: list[str]) -> str | None:
    known = {"--help", "-h"}
    for word in words:
        known |= {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)}
        if word.startswith("--"):
            if word.partition("=")[0] not in known:
                return f"{command.name} has no option {word}"
        elif isinstance(command, click.Group) and not _is_value(word):
            called = command.get_command(click.Context(command), word)
            if called is None:
                return f"{command.name} has no command {word}"
            command = called
    return None


def _is_value(word: str) -> bool:
    """Whether a word before a command is the value of an option: a place, or capitals that stand for one."""
    return any(sign in word for sign in "/.:") or word.isupper()


def _commands_in(text: str) -> Iterator[str]:
    """The lines in fences, and the spans in sentences, that call this program or make."""
    fenced = [line for fence in FENCE.findall(text) for line in fence.replace("\\\n", " ").splitlines()]
    for written in (*fenced, *SPAN.findall(re.sub(r"```.*?```", "", text, flags=re.DOTALL))):
        for part in re.split(r"\s*(?:\||&&|;)\s*", written.removeprefix("$ ").strip()):
            called = part.removeprefix(".venv/bin/").strip()
            words = [word for word in called.split() if not ASSIGNMENT.fullmatch(word)]
            if words and words[0] in {"bellwire", "make"}:
                yield called


def _command_paths(command: click.Command, path: str) -> Iterator[str]:
    if not isinstance(command, click.Group):
        yield path
        return
    context = click.Context(command)
    for name in command.list_commands(context):
        each = command.get_command(context, name)
        assert each is not None
        yield from _command_paths(each, f"{path} {name}")


def _leads_somewhere(document: Path, target: str) -> bool:
    name, _, heading = target.partition("#")
    file = (document.parent / name).resolve() if name else document
    if not file.exists():
        return False
    return not heading or heading in _anchors(file.read_text(encoding="utf-8"))


def _anchors(text: str) -> set[str]:
    """The anchors of a document's headings, as forges make them."""
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}

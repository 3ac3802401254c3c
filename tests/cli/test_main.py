import subprocess
import sys
from collections.abc import Iterator

import click
import pytest

from bellwire.cli.main import cli
from cli.conftest import ENVIRONMENT, PROGRAM, Bellwire, Served, Start


def commands(group: click.Group, context: click.Context) -> Iterator[tuple[str, click.Command]]:
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        yield name, command
        if isinstance(command, click.Group):
            for inner, each in commands(command, context):
                yield f"{name} {inner}", each


ALL = dict(commands(cli, click.Context(cli)))


@pytest.mark.parametrize("name", ["", *ALL])
def test_help_fits_a_terminal_and_cuts_no_summary(
    bellwire: Bellwire, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    told = bellwire(*name.split(), "--help")
    assert told.code == 0
    assert "...\n" not in told.out.partition("Options:")[2].replace("]...", "")
    assert [line for line in told.out.splitlines() if len(line) > 80] == []


@pytest.mark.parametrize("name", list(ALL))
def test_every_option_says_what_it_does(name: str) -> None:
    assert [option.name for option in ALL[name].params if isinstance(option, click.Option) and not option.help] == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("webhok",), "Did you mean 'webhook'?"),
        (("webhook", "lst"), "Did you mean 'list'?"),
        (("emit", "--form", "x"), "Did you mean '--from'?"),
        (("webhook", "show"), "Missing argument 'ID' (see bellwire webhook show --help)"),
        (("events", "--limit", "0"), "is not in the range"),
    ],
)
def test_a_wrong_call_is_one_line_that_leads_on(bellwire: Bellwire, arguments: tuple[str, ...], words: str) -> None:
    told = bellwire(*arguments)
    assert told.code == 2
    assert len(told.err.splitlines()) == 1
    assert words in told.err


def test_called_without_anything_it_shows_its_help(bellwire: Bellwire) -> None:
    told = bellwire()
    assert told.code == 2
    assert "Usage: bellwire" in told.err


def test_the_version_is_shown(bellwire: Bellwire) -> None:
    assert bellwire("--version").out.startswith("bellwire ")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_completion_script_is_printed(bellwire: Bellwire, shell: str) -> None:
    told = bellwire("completion", shell)
    assert told.code == 0
    assert "_BELLWIRE_COMPLETE" in told.out


def test_the_shell_is_told_the_ids_of_webhooks(served: Served, program: Start) -> None:
    webhook_id = served.right("webhook", "create", "--url", "http://127.0.0.1:9/").out.strip()
    words = f"bellwire --data {served.folder} webhook show "
    asked = program(_BELLWIRE_COMPLETE="bash_complete", COMP_WORDS=words, COMP_CWORD="5")
    assert asked.wait() == 0
    assert asked.rest == f"plain,{webhook_id}\n"


def test_a_reader_that_has_read_enough_ends_it_quietly(served: Served) -> None:
    with subprocess.Popen(
        [*PROGRAM, "--data", str(served.folder), "event-types"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**ENVIRONMENT, "PATH": "/usr/bin:/bin"},
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(30) == 141


def test_python_m_bellwire_is_bellwire() -> None:
    ran = subprocess.run([sys.executable, "-m", "bellwire", "--version"], check=True, capture_output=True, text=True)
    assert ran.stdout.startswith("bellwire ")

import pytest
from rich.console import Console

from bellwire.cli import tables
from bellwire.cli.tables import Column, Cut, print_table
from bellwire.cli.terminal import printable

HEAD = (Column(heading="id"), Column(heading="url", cut=Cut.END), Column(heading="n", number=True))
ROWS = [("wh-1", "https://example.com/" + "x" * 100, "7"), ("wh-2", "https://b/", "1,200")]


def test_what_others_sent_cannot_steer_the_terminal() -> None:
    assert printable("a\x1b[2J\r\nb\u202e\x9b") == "a\\x1b[2J\\r\\nb\\u202e\\x9b"
    assert printable("Grüße, 世界") == "Grüße, 世界"


def test_a_table_for_a_program_is_never_cut(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(HEAD, ROWS)
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].split() == list(ROWS[0])
    assert all(line == line.rstrip() for line in lines)


def test_a_table_on_a_terminal_cuts_only_what_may_be_cut(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables, "OUT", Console(width=40, markup=False, highlight=False))
    monkeypatch.setattr(tables, "columns", lambda: 40)
    print_table(HEAD, ROWS)
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) == 40
    assert lines[1].startswith("wh-1  https://example.com/xxx")
    assert lines[1].endswith("…      7")
    assert lines[2].endswith("  1,200")


def test_on_a_narrow_terminal_wide_columns_go_and_ids_keep_their_end(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    head = (Column(heading="id", cut=Cut.START), Column(heading="url", wide=True), Column(heading="name"))
    row = ("0198c0de-0000-abcdef", "https://example.com/", "a name")
    monkeypatch.setattr(tables, "columns", lambda: 24)
    print_table(head, [row])
    assert capsys.readouterr().out.splitlines()[1] == "…0de-0000-abcdef  a name"
    monkeypatch.setattr(tables, "columns", lambda: 80)
    print_table(head, [row])
    assert capsys.readouterr().out.splitlines()[1].split("  ") == list(row)

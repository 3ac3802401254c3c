"""The repository speaks only of itself: not of the machine it was written on, nor of how the work was handed out."""

import re
from pathlib import Path

import pytest

from tidy.repository import ROOT, text_files

ABOUT_THE_WORKPLACE = re.compile(
    r"(?<![\w.])/(?:work|tmp|root|home)/\w"
    r"|(?<!user[- ])(?<![\w-])agents?\b"
    r"|\bissue\s+#?\d|(?<![\w&/])#\d+\b"
    r"|\bsub-?agents?\b|\bsession\s+\d|\b(?:this|last|previous|next|another)\s+session\b"
    r"|--(?:index-url|extra-index-url|find-links|trusted-host)\b",
    re.IGNORECASE,
)
HEXADECIMAL_COLOUR = re.compile(r"#(?:[0-9a-f]{3,4}|[0-9a-f]{6}|[0-9a-f]{8})\b", re.IGNORECASE)


def test_no_file_speaks_of_the_workplace() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{number} {spoken}"
        for path, text in text_files().items()
        if path != Path(__file__)
        for number, line in enumerate(text.splitlines(), start=1)
        for spoken in speaks_of_the_workplace(line, styled=path.suffix in {".css", ".html", ".svg", ".js"})
    ]
    assert found == []


@pytest.mark.parametrize(
    ("line", "spoken"),
    [
        ("see /home/nadia", ["/home/n"]),
        ("as the agent found", ["agent"]),
        ("the User-Agent, and user agents", []),
        ("closes issue #12", ["issue #1"]),
        ("see #12", ["#12"]),
        ("work left for the next session", ["next session"]),
        ("a session of SMTP was closed", []),
        ("https://example.com/work/tmp/x", []),
        ("--index-url https://mirror.example", ["--index-url"]),
    ],
)
def test_the_workplace_is_told_from_what_only_looks_like_it(line: str, spoken: list[str]) -> None:
    assert speaks_of_the_workplace(line) == spoken


def speaks_of_the_workplace(line: str, *, styled: bool = False) -> list[str]:
    return [
        match.group()
        for match in ABOUT_THE_WORKPLACE.finditer(line)
        if not (styled and HEXADECIMAL_COLOUR.fullmatch(match.group()))
    ]

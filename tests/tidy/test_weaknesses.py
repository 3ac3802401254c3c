"""The table of weaknesses in docs/reliability.md: each is answered, and by tests that there are."""

import ast
import re
from functools import cache

from tidy.repository import ROOT, modules

DOCUMENT = ROOT / "docs" / "reliability.md"
WEAKNESSES = 24
ROW = re.compile(r"^\| (\d+) \| ([^|]+) \| ([^|]+) \|$", re.MULTILINE)
REFERENCE = re.compile(r"`(tests/[\w/]+\.py::test_\w+)`")
FOLDER = "tests/weaknesses/"


def test_every_weakness_has_a_row_of_its_own() -> None:
    assert [int(number) for number, _, _ in ROW.findall(_text())] == list(range(1, WEAKNESSES + 1))


def test_every_row_names_a_test_or_says_why_the_weakness_cannot_arise() -> None:
    bare = [
        number for number, _, held in ROW.findall(_text()) if not REFERENCE.search(held) and "cannot arise" not in held
    ]
    assert bare == []


def test_every_test_that_the_document_names_exists() -> None:
    named = set(REFERENCE.findall(_text()))
    assert named
    assert named - _tests() == set()


def test_every_test_of_a_weakness_is_named() -> None:
    about_weaknesses = {name for name in _tests() if name.startswith(FOLDER)}
    assert about_weaknesses
    assert about_weaknesses - set(REFERENCE.findall(_text())) == set()


@cache
def _text() -> str:
    return DOCUMENT.read_text(encoding="utf-8")


@cache
def _tests() -> set[str]:
    return {
        f"{module.path.relative_to(ROOT)}::{node.name}"
        for module in modules("tests")
        for node in module.tree.body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_")
    }

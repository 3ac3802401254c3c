"""The table of SECURITY.md: each point names tests that there are."""

import ast
import re
from functools import cache

from tidy.repository import ROOT, modules

ROW = re.compile(r"^\| ([^|-][^|]*) \| ([^|]+) \| ([^|]+) \|$", re.MULTILINE)
HEADING = "what could go wrong"
REFERENCE = re.compile(r"`(tests/[\w/]+\.py::test_\w+)`")


def test_every_point_names_a_test() -> None:
    points = [row for row in ROW.findall(_text()) if row[0] != HEADING]
    assert points
    assert [point for point, _, held in points if not REFERENCE.search(held)] == []


def test_every_test_that_is_named_exists() -> None:
    named = set(REFERENCE.findall(_text()))
    assert named
    assert named - _tests() == set()


@cache
def _text() -> str:
    return (ROOT / "SECURITY.md").read_text(encoding="utf-8")


@cache
def _tests() -> set[str]:
    return {
        f"{module.path.relative_to(ROOT)}::{node.name}"
        for module in modules("tests")
        for node in module.tree.body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_")
    }

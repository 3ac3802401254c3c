import ast
import re
import sys
import tomllib
from collections.abc import Iterator

from tidy.repository import ROOT, Module, modules

DISTRIBUTIONS = {
    "argon2": "argon2-cffi",
    "axe_playwright_python": "axe-playwright-python",
    "jsonschema_rs": "jsonschema-rs",
    "uuid_utils": "uuid-utils",
}
"""What a package is called where it is not called as the module that it brings."""
PYTEST = "pytest"


def test_imports_stand_at_the_top_of_their_module() -> None:
    deep = [
        module.at(inner.lineno)
        for module in modules()
        for node in ast.walk(module.tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        for inner in ast.walk(node)
        if isinstance(inner, ast.Import | ast.ImportFrom)
    ]
    assert deep == []


def test_imports_name_the_whole_path_and_each_name() -> None:
    vague = [
        module.at(node.lineno)
        for module, node in _imports_from()
        if node.level > 0 or any(alias.name == "*" for alias in node.names)
    ]
    assert vague == []


def test_types_are_imported_like_everything_else() -> None:
    hidden = [
        module.at(node.lineno)
        for module in modules()
        for node in ast.walk(module.tree)
        if (isinstance(node, ast.Name) and node.id == "TYPE_CHECKING")
        or (isinstance(node, ast.Attribute) and node.attr == "TYPE_CHECKING")
        or (isinstance(node, ast.alias) and node.name == "TYPE_CHECKING")
    ]
    assert hidden == []


def test_the_program_imports_only_what_pyproject_declares_for_it() -> None:
    assert _foreign("src") - _declared("dependencies") == set()


def test_every_dependency_of_the_program_is_imported_or_its_reason_names_who_does() -> None:
    indirect = {"httptools"}  # uvicorn imports it
    assert _declared("dependencies") - _foreign("src") - indirect == set()


def test_tests_and_benchmarks_import_only_what_pyproject_declares() -> None:
    declared = _declared("dependencies") | _declared("dev")
    assert _foreign("tests", "benchmarks") - declared == set()


def _foreign(*folders: str) -> set[str]:
    """The distributions that modules below these folders import, besides the standard library and our own."""
    ours = {"bellwire", "benchmarks"} | {path.stem for folder in folders for path in (ROOT / folder).iterdir()}
    imported = {
        name.partition(".")[0]
        for module in modules(*folders)
        for node in ast.walk(module.tree)
        for name in _names(node)
    }
    return {DISTRIBUTIONS.get(name, name) for name in imported - ours - sys.stdlib_module_names}


def _names(node: ast.AST) -> list[str]:
    match node:
        case ast.Import(names=names):
            return [alias.name for alias in names]
        case ast.ImportFrom(module=str(name), level=0):
            return [name]
        case _:
            return []


def _declared(group: str) -> set[str]:
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    requirements = pyproject["project"].get(group) or pyproject["dependency-groups"][group]
    return {re.split(r"[\[<>=;~! ]", requirement)[0] for requirement in requirements}


def _imports_from() -> Iterator[tuple[Module, ast.ImportFrom]]:
    return (
        (module, node) for module in modules() for node in ast.walk(module.tree) if isinstance(node, ast.ImportFrom)
    )

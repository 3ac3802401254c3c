"""What the rules of the repository look at: its text files, and its Python modules with their syntax trees."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "bellwire"
TEXT_BYTES_MAX = 4 * 1024 * 1024


class Module(NamedTuple):
    path: Path
    text: str
    tree: ast.Module

    def at(self, line: int) -> str:
        return f"{self.path.relative_to(ROOT)}:{line}"


@cache
def modules(*folders: str) -> tuple[Module, ...]:
    """The Python modules below these folders; those of the whole repository where none is given."""
    roots = tuple(ROOT / folder for folder in folders) or (ROOT,)
    paths = [path for path in files() if path.suffix == ".py" and any(path.is_relative_to(root) for root in roots)]
    texts = [(path, path.read_text(encoding="utf-8")) for path in paths]
    return tuple(Module(path, text, ast.parse(text, filename=str(path))) for path, text in texts)


@cache
def text_files() -> dict[Path, str]:
    """Every file that is UTF-8 text; fonts, pictures and the like are left out."""
    found = {}
    for path in files():
        content = path.read_bytes()
        assert len(content) <= TEXT_BYTES_MAX, f"{path} is larger than a file of this repository should be"
        try:
            found[path] = content.decode()
        except UnicodeDecodeError:
            continue
    return found


@cache
def files() -> tuple[Path, ...]:
    """Every file that is, or may become, part of the repository: all but what .gitignore names."""
    return tuple(sorted(_below(ROOT, re.compile(_ignored_names()))))


@cache
def documents() -> dict[Path, str]:
    """The texts for people: every Markdown file."""
    return {path: text for path, text in text_files().items() if path.suffix == ".md"}


def _below(folder: Path, ignored: re.Pattern[str]) -> Iterator[Path]:
    for path in folder.iterdir():
        if ignored.fullmatch(path.name):
            continue
        if path.is_dir():
            yield from _below(path, ignored)
        else:
            yield path


def _ignored_names() -> str:
    """A pattern for the names in .gitignore, which holds only names and stars."""
    lines = (ROOT / ".gitignore").read_text(encoding="utf-8").split()
    patterns = (re.escape(line.strip("/")).replace(r"\*", "[^/]*") for line in lines)
    return "|".join((r"\.git", *patterns))

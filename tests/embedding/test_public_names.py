import ast
import subprocess
import sys

import pytest

import bellwire
from tidy.repository import SOURCE


def test_every_public_name_is_there() -> None:
    assert [name for name in bellwire.__all__ if getattr(bellwire, name).__name__ != name] == []
    assert dir(bellwire) == sorted(bellwire.__all__)
    with pytest.raises(AttributeError, match="has no attribute 'Nothing'"):
        bellwire.Nothing  # type: ignore[attr-defined] # noqa: B018 - that it is not there is the point


def test_type_checkers_are_told_the_same_names_from_the_same_modules() -> None:
    tree = ast.parse((SOURCE / "__init__.pyi").read_text(encoding="utf-8"))
    told = {alias.name: node.module for node in tree.body if isinstance(node, ast.ImportFrom) for alias in node.names}
    (exported,) = (ast.literal_eval(node.value) for node in tree.body if isinstance(node, ast.Assign))
    assert told == bellwire._MODULE_OF  # type: ignore[attr-defined] # the stub does not tell it
    assert exported == sorted(told)


def test_importing_the_package_loads_no_part_of_it() -> None:
    look = "import sys, bellwire; print(sorted(name for name in sys.modules if name.startswith('bellwire.')))"
    loaded = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True)
    assert loaded.stdout == "[]\n"

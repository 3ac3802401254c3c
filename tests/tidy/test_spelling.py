import ast
import re

from tidy.repository import ROOT, documents, modules

AMERICAN = re.compile(
    r"\b(?:analyz|behavior|catalog(?!ue)|cancel(?:ed|ing)|center|color|defens|favor|fulfill|gray|honor|label(?:ed|ing)"
    r"|model(?:ed|ing)|neighbor|travel(?:ed|ing))\w*",
    re.IGNORECASE,
)
"""Only prose is looked at: names in code are often those of libraries."""


def test_the_documents_are_written_in_british_spelling() -> None:
    texts = {str(path.relative_to(ROOT)): CODE.sub("", text) for path, text in documents().items()}
    assert {path: found for path, text in texts.items() if (found := AMERICAN.findall(text))} == {}


def test_docstrings_are_written_in_british_spelling() -> None:
    found = [
        f"{module.at(getattr(node, 'lineno', 1))} {word}"
        for module in modules("src")
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        for word in AMERICAN.findall(CODE.sub("", ast.get_docstring(node) or ""))
    ]
    assert found == []


CODE = re.compile(r"```.*?```|`[^`]*`", re.DOTALL)

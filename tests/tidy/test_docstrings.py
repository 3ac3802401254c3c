import ast
import re

from tidy.repository import SOURCE, modules


def test_every_module_of_the_program_opens_with_one_sentence() -> None:
    bad = [module.at(1) for module in modules("src") if not re.search(r"[.?:]$", _opening(module.tree))]
    assert bad == []


def test_every_module_of_the_rules_opens_with_the_question_it_answers() -> None:
    rules = [module for module in modules("src") if module.path.is_relative_to(SOURCE / "rules")]
    asking = {module.path.stem: _opening(module.tree).endswith("?") for module in rules if module.path.stem[0] != "_"}
    assert asking
    assert [name for name, asks in asking.items() if not asks] == []


def _opening(tree: ast.Module) -> str:
    """The first paragraph of a module's docstring, in one line."""
    paragraphs = (ast.get_docstring(tree) or "").split("\n\n")
    return " ".join(paragraphs[0].split())

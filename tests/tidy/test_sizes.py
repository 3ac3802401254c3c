import ast

from tidy.repository import modules

MODULE_LINES_MAX = 400
FUNCTION_LINES_MAX = 60


def test_no_module_of_the_program_is_too_long() -> None:
    sizes = {module.at(1): len(module.text.splitlines()) for module in modules("src")}
    assert {place: lines for place, lines in sizes.items() if lines > MODULE_LINES_MAX} == {}


def test_no_function_of_the_program_is_too_long() -> None:
    sizes = {
        f"{module.at(node.lineno)} {node.name}": (node.end_lineno or node.lineno) - node.lineno + 1
        for module in modules("src")
        for node in ast.walk(module.tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    assert {place: lines for place, lines in sizes.items() if lines > FUNCTION_LINES_MAX} == {}

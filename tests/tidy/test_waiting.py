import ast

from tidy.repository import modules


def test_no_test_sleeps_to_wait_for_something() -> None:
    sleeping = [
        module.at(node.lineno)
        for module in modules("tests")
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call) and _sleeps(node)
    ]
    assert sleeping == []


def test_no_test_brings_sleep_in_under_a_bare_name() -> None:
    named = [
        module.at(node.lineno)
        for module in modules("tests")
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ImportFrom) and any(alias.name == "sleep" for alias in node.names)
    ]
    assert named == []


def _sleeps(call: ast.Call) -> bool:
    """Whether it is time.sleep(…) or asyncio.sleep(…) of more than nothing: asyncio.sleep(0) only lets others run."""
    if not isinstance(call.func, ast.Attribute) or call.func.attr != "sleep":
        return False
    return not (len(call.args) == 1 and isinstance(call.args[0], ast.Constant) and call.args[0].value == 0)

import pytest

from bellwire.model.secrecy import Secrecy


@pytest.mark.parametrize(
    ("variables", "name", "allowed"),
    [
        (None, "HOOK_KEY", True),
        ((), "HOOK_KEY", False),
        (("HOOK_KEY",), "HOOK_KEY", True),
        (("HOOK_KEY",), "HOOK_KEY_2", False),
        (("OTHER", "HOOK_*"), "HOOK_KEY", True),
        (("HOOK_*",), "HOOK", False),
        (("*",), "ANYTHING", True),
    ],
)
def test_a_variable_is_allowed_by_its_name_or_the_beginning_of_it(
    variables: tuple[str, ...] | None, name: str, *, allowed: bool
) -> None:
    assert Secrecy(variables=variables).allows_variable(name) is allowed

import pytest

from bellwire.model.principal import Scope
from bellwire.web import app
from bellwire.web.resource import Methods

READING = {"GET", "HEAD"}
ROUTES = [
    (f"{method} {path}", needed) for path, methods in app._RESOURCES.items() for method, (needed, _) in methods.items()
]
OPEN = {f"GET {app.HEALTH_PATH}"}


def test_every_call_but_the_open_ones_needs_a_scope() -> None:
    assert {route for route, needed in ROUTES if needed is None} == OPEN


@pytest.mark.parametrize(("route", "needed"), ROUTES)
def test_a_call_that_changes_something_needs_more_than_reading(route: str, needed: Scope | None) -> None:
    method = route.partition(" ")[0]
    assert route in OPEN or method in READING or needed in {Scope.WRITE, Scope.ADMIN}


def test_a_path_is_open_only_where_all_of_its_calls_are() -> None:
    methods: list[Methods] = [app._RESOURCES[path] for path in app._OPEN]
    assert {needed for each in methods for needed, _ in each.values()} == {None}

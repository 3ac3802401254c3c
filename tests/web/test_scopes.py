import ast
import inspect

import pytest

from bellwire.engine.checker import Checker
from bellwire.engine.inspector import Inspector
from bellwire.engine.people_registrar import PeopleRegistrar
from bellwire.engine.replayer import Replayer
from bellwire.engine.session_keeper import SessionKeeper
from bellwire.engine.source_registrar import SourceRegistrar
from bellwire.engine.token_issuer import TokenIssuer
from bellwire.model.principal import Scope
from bellwire.service import Bellwire
from bellwire.web.app import OPERATIONS, Api
from tidy.repository import modules
from web.expecting import ask_raw

READING = {"GET", "HEAD"}
NEEDED = {f"{method} {path}": operation.needs for (path, method), operation in OPERATIONS.items()}
OPEN = {"GET /healthz", "GET /openapi.json", "GET /docs"}
CHECKED_OTHERWISE = {"POST /v1/sources/{source_name}", "POST /v1/password"}
"""Calls that ask for no token, but for what the source says, or for a name and a password."""


def test_every_call_but_the_open_ones_needs_a_scope() -> None:
    assert {route for route, needed in NEEDED.items() if needed is None} == OPEN | CHECKED_OTHERWISE


@pytest.mark.parametrize("route", sorted(NEEDED.keys() - OPEN - CHECKED_OTHERWISE))
def test_a_call_that_changes_something_needs_more_than_reading(route: str) -> None:
    publishes = route == "POST /v1/events"
    reads = route.partition(" ")[0] in READING
    reading = {Scope.READ, Scope.ADMIN}
    assert NEEDED[route] in ({Scope.PUBLISH} if publishes else reading if reads else {Scope.WRITE, Scope.ADMIN})


@pytest.mark.parametrize("place", ["tokens", "people", "sessions", "login-links", "audit"])
def test_who_may_come_in_is_an_administrators_business(place: str) -> None:
    found = {needed for route, needed in NEEDED.items() if f"/v1/{place}" in route}
    assert found == {Scope.ADMIN}


def test_a_path_is_open_only_where_all_of_its_calls_are() -> None:
    for route in OPEN:
        path = route.partition(" ")[2]
        assert {needed for other, needed in NEEDED.items() if other.partition(" ")[2] == path} == {None}


PARTS = (Bellwire, SourceRegistrar, Replayer, Checker, Inspector, PeopleRegistrar, TokenIssuer, SessionKeeper)
HELD_AS = {"service", "_service", "sources", "replays", "checks", "inspector", "access", "people", "tokens", "sessions"}


async def test_other_calls_at_the_path_of_a_source_need_a_token(api: Api) -> None:
    for path in ("/v1/sources/mail", "/v1/sources/{source_name}"):
        for method in ("GET", "PUT", "DELETE", "OPTIONS"):
            status, _ = await ask_raw(api, {"method": method, "path": path})
            assert status == 401


def test_every_call_of_the_api_that_asks_who_makes_it_is_told() -> None:
    """Left out, it would be made as by the program itself, which may do everything."""
    asking = {
        name
        for part in PARTS
        for name, call in inspect.getmembers(part, inspect.isfunction)
        if "by" in inspect.signature(call).parameters
    }
    silent = [
        f"{module.at(node.lineno)} {node.func.attr}"
        for module in modules("src/bellwire/web")
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in asking
        and ast.unparse(node.func.value).rpartition(".")[2] in HELD_AS
        and "by" not in {keyword.arg for keyword in node.keywords}
    ]
    assert len(asking) > 10
    assert silent == []

from typing import Any

import pytest

from bellwire.errors import InvalidObject
from bellwire.model.principal import Scope
from bellwire.rules.granting import (
    PersonWish,
    TokenWish,
    normal_password,
    read_change,
    read_link_wish,
    read_person,
    read_token,
)

PASSWORD = "correct horse battery"


def token(**members: Any) -> dict[str, object]:  # noqa: ANN401 - JSON members of any type
    return {"name": "shop", "scopes": ["publish"]} | members


def paths(reader: Any, document: dict[str, object]) -> list[str]:  # noqa: ANN401 - any of the readers
    with pytest.raises(InvalidObject) as refused:
        reader(document)
    return [fault.path for fault in refused.value.faults]


def test_a_token_is_read_whole() -> None:
    wish = read_token(token(scopes=["read", "publish"], types=["shop.b", "shop.a", "shop.b"], expiresIn="30d"))
    assert wish == TokenWish(
        name="shop",
        scopes=(Scope.PUBLISH, Scope.READ),
        types=("shop.a", "shop.b"),  # type: ignore[arg-type] # text is a type's id
        expires_in_ms=30 * 86_400_000,  # type: ignore[arg-type] # a number is a duration
    )
    assert read_token(token(types=None, expiresIn=None)) == TokenWish(name="shop", scopes=(Scope.PUBLISH,))


@pytest.mark.parametrize(
    ("members", "path"),
    [
        ({"name": None}, "name"),
        ({"name": "Bad Name"}, "name"),
        ({"name": "x" * 65}, "name"),
        ({"name": 7}, "name"),
        ({"scopes": []}, "scopes"),
        ({"scopes": "publish"}, "scopes"),
        ({"scopes": ["rite"]}, "scopes"),
        ({"scopes": ["something"]}, "scopes"),
        ({"scopes": [{}]}, "scopes"),
        ({"types": []}, "types"),
        ({"types": ["shop.a", "Nothing"]}, "types/1"),
        ({"types": [7]}, "types/0"),
        ({"types": ["shop.a"], "scopes": ["read"]}, "types"),
        ({"expiresIn": "1s"}, "expiresIn"),
        ({"expiresIn": "soon"}, "expiresIn"),
        ({"expires": "30d"}, "expires"),
    ],
)
def test_a_bad_member_of_a_token_is_named(members: dict[str, object], path: str) -> None:
    assert paths(read_token, token(**members)) == [path]


def test_all_faults_are_told_together() -> None:
    assert set(paths(read_token, {"scopes": [], "types": 1, "expiresIn": 0})) == {
        "name",
        "scopes",
        "types",
        "expiresIn",
    }


def test_a_person_is_read_with_a_password_or_without() -> None:
    assert read_person({"name": "nadia", "scopes": ["write"]}) == PersonWish(name="nadia", scopes=(Scope.WRITE,))
    read = read_person({"name": "nadia", "scopes": ["write"], "password": PASSWORD})
    assert read.password == PASSWORD


@pytest.mark.parametrize("password", ["", "short", "x" * 257, "\ud800" * 20, 7])
def test_a_bad_password_is_refused(password: object) -> None:
    assert paths(read_person, {"name": "nadia", "scopes": ["read"], "password": password}) == ["password"]


def test_the_name_itself_is_no_password() -> None:
    document: dict[str, object] = {"name": "nadia.example", "scopes": ["read"], "password": "Nadia.Example"}
    assert paths(read_person, document) == ["password"]


def test_what_is_changed_of_a_person_may_be_either() -> None:
    assert read_change("nadia", {"scopes": ["read"]}) == PersonWish(name="nadia", scopes=(Scope.READ,))
    assert read_change("nadia", {"password": PASSWORD}) == PersonWish(name="nadia", password=PASSWORD)
    assert paths(lambda document: read_change("nadia", document), {}) == [""]
    assert paths(lambda document: read_change("nadia", document), {"name": "omar"}) == ["name"]


def test_a_login_link_may_name_a_person() -> None:
    assert read_link_wish({}) is None
    assert read_link_wish({"person": "nadia"}) == "nadia"
    assert paths(read_link_wish, {"person": 7}) == ["person"]
    assert paths(read_link_wish, {"name": "nadia"}) == ["name"]


def test_a_password_is_the_same_however_its_letters_are_sent() -> None:
    assert normal_password("sch\u00f6n") == normal_password("scho\u0308n")

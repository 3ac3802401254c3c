import pytest

from bellwire.errors import Forbidden, ForbiddenType
from bellwire.model.event import EventTypeId
from bellwire.model.principal import PROGRAM, Principal, PrincipalKind, Scope
from bellwire.rules.permitting import check_scope, check_types, may

GRANTED = {
    Scope.PUBLISH: {Scope.PUBLISH},
    Scope.READ: {Scope.READ},
    Scope.WRITE: {Scope.READ, Scope.WRITE},
    Scope.ADMIN: {Scope.PUBLISH, Scope.READ, Scope.WRITE, Scope.ADMIN},
}


def caller(*scopes: Scope, types: frozenset[EventTypeId] | None = None) -> Principal:
    return Principal(name="backup", kind=PrincipalKind.TOKEN, scopes=frozenset(scopes), types=types)


@pytest.mark.parametrize("held", Scope)
@pytest.mark.parametrize("needed", Scope)
def test_a_scope_grants_itself_and_what_it_includes_and_nothing_else(held: Scope, needed: Scope) -> None:
    assert may(caller(held), needed) is (needed in GRANTED[held])


@pytest.mark.parametrize("needed", Scope)
def test_a_program_may_do_everything(needed: Scope) -> None:
    check_scope(PROGRAM, needed)


def test_scopes_are_granted_beside_each_other() -> None:
    check_scope(caller(Scope.PUBLISH, Scope.READ), Scope.PUBLISH)
    check_scope(caller(Scope.PUBLISH, Scope.READ), Scope.READ)


@pytest.mark.parametrize(("held", "told"), [((Scope.READ, Scope.PUBLISH), "has publish, read"), ((), "has none")])
def test_who_may_not_is_told_what_is_needed_and_what_is_held(held: tuple[Scope, ...], told: str) -> None:
    with pytest.raises(Forbidden, match=told) as refused:
        check_scope(caller(*held), Scope.WRITE)
    assert refused.value.needed == "write"
    assert "needs the scope write" in str(refused.value)


def test_without_a_list_every_type_may_be_published() -> None:
    check_types(caller(Scope.PUBLISH), [EventTypeId("shop.order-paid")])


def test_the_first_type_that_may_not_be_published_is_named_with_those_that_may() -> None:
    paid, sent, lost = (EventTypeId(f"shop.{name}") for name in ("paid", "sent", "lost"))
    allowed = frozenset({paid, sent})
    check_types(caller(Scope.PUBLISH, types=allowed), [paid, sent, paid])
    with pytest.raises(
        ForbiddenType, match=r"may not publish shop\.lost; it may publish shop\.paid or shop\.sent"
    ) as error:
        check_types(caller(Scope.PUBLISH, types=allowed), [paid, lost, lost])
    assert error.value.index == 1
    assert error.value.faults[0].path == "events/1/type"

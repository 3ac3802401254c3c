from typing import Any

import pytest

from bellwire.directory import (
    AuditSearch,
    DirectoryChange,
    PutPerson,
    PutSession,
    PutToken,
    RemovePerson,
    RemoveSession,
    RemoveToken,
)
from bellwire.errors import EditConflict, StorageUnavailable
from bellwire.model.audit import Action, MemberChange
from bellwire.model.credentials import Person, SecretHash, Session, SessionId, Token
from bellwire.model.cursor import Cursor
from bellwire.model.event import EventTypeId, Position
from bellwire.model.principal import PrincipalKind, Scope
from bellwire.model.webhook import WebhookId
from bellwire.store import Store
from builders import make_audit_entry, make_registered_webhook

AUDIT = make_audit_entry()


def token(name: str = "shop", **overrides: Any) -> Token:  # noqa: ANN401 - fields of any type
    fields: dict[str, Any] = {"hash": SecretHash("00"), "scopes": (Scope.PUBLISH,), "created_at_ms": 1}
    return Token(name=name, **(fields | overrides))


def person(name: str = "nadia", **overrides: Any) -> Person:  # noqa: ANN401 - fields of any type
    return Person(name=name, **({"scopes": (Scope.READ,), "password_hash": None, "created_at_ms": 1} | overrides))


def session(session_id: str = "s-1", **overrides: Any) -> Session:  # noqa: ANN401 - fields of any type
    fields: dict[str, Any] = {
        "hash": SecretHash("11"),
        "name": "nadia",
        "kind": PrincipalKind.PERSON,
        "address": "192.0.2.7",
        "created_at_ms": 1,
        "last_used_at_ms": 1,
    }
    return Session(id=SessionId(session_id), **(fields | overrides))


async def numbers(store: Store, **search: Any) -> list[int]:  # noqa: ANN401 - fields of any type
    return [each.number for each in await store.directory.entries(AuditSearch(**search))]


async def test_what_is_put_comes_back_in_order_and_replaces_what_was_there(store: Store) -> None:
    rich = token("a", types=(EventTypeId("shop.paid"),), expires_at_ms=9, last_used_at_ms=5)
    changes: list[DirectoryChange] = [
        PutToken(token("b")),
        PutToken(token("a")),
        PutPerson(person()),
        PutSession(session()),
    ]
    await store.directory.change(changes, audit=AUDIT)
    later: list[DirectoryChange] = [
        PutToken(rich),
        PutPerson(person(password_hash="$argon2id$")),
        PutSession(session(address="")),
    ]
    await store.directory.change(later, audit=AUDIT)
    assert await store.directory.tokens() == (rich, token("b"))
    assert await store.directory.people() == (person(password_hash="$argon2id$"),)
    assert await store.directory.sessions() == (session(address=""),)


async def test_what_is_removed_is_gone_and_removing_it_again_is_no_error(store: Store) -> None:
    await store.directory.change([PutToken(token()), PutPerson(person()), PutSession(session())], audit=AUDIT)
    removals: list[DirectoryChange] = [RemoveToken("shop"), RemovePerson("nadia"), RemoveSession(SessionId("s-1"))]
    for _ in range(2):
        await store.directory.change(removals, audit=AUDIT)
        assert await store.directory.tokens() == ()
        assert await store.directory.people() == ()
        assert await store.directory.sessions() == ()


async def test_uses_are_noted_only_of_what_is_still_there(store: Store) -> None:
    await store.directory.change([PutToken(token()), PutSession(session())], audit=AUDIT)
    used = token(last_used_at_ms=7)
    await store.directory.note_uses([used, token("gone")], [session(last_used_at_ms=7), session("gone")])
    assert await store.directory.tokens() == (used,)
    assert await store.directory.sessions() == (session(last_used_at_ms=7),)
    await store.directory.forget_sessions([SessionId("s-1"), SessionId("gone")])
    assert await store.directory.sessions() == ()
    assert len(await numbers(store)) == 1


async def test_every_change_leaves_its_entry(store: Store) -> None:
    changes = (MemberChange("url", None, "https://example.com"), MemberChange("lossy", before=False, after=True))
    entries = [
        make_audit_entry(at_ms=1, changes=changes),
        make_audit_entry(at_ms=2, action=Action.WEBHOOK_EDIT),
        make_audit_entry(at_ms=3, action=Action.EVENT_TYPE_DECLARE, object_id="shop.paid"),
        make_audit_entry(at_ms=4, action=Action.TOKEN_CREATE, object_id="shop", by="admin"),
    ]
    cursor = Cursor(webhook_id=WebhookId("wh-1"), position=Position(1))
    await store.registry.add_webhook(make_registered_webhook(), cursor, audit=entries[0])
    await store.registry.replace_webhook(make_registered_webhook(revision=2), audit=entries[1])
    await store.registry.declare_types([], audit=entries[2])
    await store.directory.change([PutToken(token())], audit=entries[3])
    found = await store.directory.entries(AuditSearch())
    assert [each.entry for each in found] == entries[::-1]


async def test_a_change_that_is_refused_leaves_no_entry(store: Store) -> None:
    with pytest.raises(EditConflict):
        await store.registry.replace_webhook(make_registered_webhook(revision=2), audit=AUDIT)
    assert await numbers(store) == []


async def test_entries_are_found_by_who_what_and_when_the_newest_first(store: Store) -> None:
    for at_ms, by, object_id, action in (
        (10, "nadia", "a", Action.WEBHOOK_EDIT),
        (20, "omar", "b", Action.WEBHOOK_EDIT),
        (30, "nadia", "b", Action.WEBHOOK_PAUSE),
    ):
        await store.directory.change([], audit=make_audit_entry(at_ms=at_ms, by=by, object_id=object_id, action=action))
    assert await numbers(store) == [3, 2, 1]
    assert await numbers(store, limit=2) == [3, 2]
    assert await numbers(store, before=3) == [2, 1]
    assert await numbers(store, by="nadia") == [3, 1]
    assert await numbers(store, object_id="b", action=Action.WEBHOOK_EDIT) == [2]
    assert await numbers(store, since_ms=20) == [3, 2]
    assert await numbers(store, until_ms=20) == [1]


async def test_entries_go_by_age_and_number_and_their_numbers_are_not_used_again(store: Store) -> None:
    for at_ms in range(1, 6):
        await store.directory.change([], audit=make_audit_entry(at_ms=at_ms))
    assert await store.directory.remove_entries(before_ms=0, most=5) == 0
    assert await store.directory.remove_entries(before_ms=2, most=5) == 1
    assert await numbers(store) == [5, 4, 3, 2]
    assert await store.directory.remove_entries(before_ms=0, most=2) == 2
    assert await store.directory.remove_entries(before_ms=9, most=2) == 2
    await store.directory.change([], audit=AUDIT)
    assert await numbers(store) == [6]


async def test_calls_after_close_say_that_the_store_is_closed(store: Store) -> None:
    await store.close()
    with pytest.raises(StorageUnavailable, match="closed"):
        await store.directory.tokens()
    with pytest.raises(StorageUnavailable, match="closed"):
        await store.directory.change([], audit=AUDIT)

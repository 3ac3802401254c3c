import asyncio
from collections.abc import Awaitable, Callable

import msgspec
import pytest

from bellwire.directory import AuditSearch
from bellwire.engine.auth_announcer import FAILED_PAUSE_MS, TOLD_AGAIN_MS
from bellwire.engine.gatekeeper import Gatekeeper, Pause
from bellwire.engine.session_keeper import LINK_MS, LINKS_MAX, Begun
from bellwire.engine.token_issuer import USE_NOTED_MS
from bellwire.errors import ConflictingName, Forbidden, InvalidObject, Overloaded, UnknownThing
from bellwire.model.access_limits import AccessLimits
from bellwire.model.audit import Action
from bellwire.model.credentials import SESSIONS_MAX, Token
from bellwire.model.duration import DurationMs
from bellwire.model.event import WebhookEvent
from bellwire.model.principal import PROGRAM, Principal, PrincipalKind, Scope
from bellwire.rules.granting import OwnPassword, PersonWish, TokenWish
from bellwire.rules.limiting import FAILURES_FREE, PAUSE_MOST_MS
from bellwire.store import EventSearch, Store
from bellwire.stores.memory import MemoryStore
from engine.manual_clock import ManualClock
from engine.world import World

PASSWORD = "correct horse battery"
HERE, THERE = "192.0.2.7", "198.51.100.9"
HOUR_MS = 3_600_000


class Door:
    """A running Bellwire, of which the gatekeeper is asked."""

    def __init__(self, store: Store, clock: ManualClock, limits: AccessLimits) -> None:
        self.world = World(store, clock, access=limits)
        self.keeper: Gatekeeper = self.world.bellwire.access

    async def token(self, name: str = "shop", *scopes: Scope, expires_in_ms: int | None = None) -> str:
        expires = None if expires_in_ms is None else DurationMs(expires_in_ms)
        wish = TokenWish(name=name, scopes=scopes or (Scope.READ,), expires_in_ms=expires)
        return (await self.keeper.tokens.create(wish, by=PROGRAM))[1]

    async def person(self, name: str = "nadia", *scopes: Scope) -> None:
        wish = PersonWish(name=name, scopes=scopes or (Scope.WRITE,), password=PASSWORD)
        await self.keeper.people.add(wish, by=PROGRAM)

    async def sign_in(self, name: str = "nadia", password: str = PASSWORD, address: str = HERE) -> Begun:
        begun = await self.keeper.sign_in(name, password, address=address)
        assert isinstance(begun, Begun)
        return begun

    def is_in(self, begun: Begun) -> bool:
        return self.keeper.admit_session(begun.secret, address=HERE) is not None

    async def told(self) -> list[WebhookEvent]:
        """Own events, oldest first."""
        await self.world.settle()
        logged = await self.world.store.log.search(EventSearch())
        return [msgspec.json.decode(event.encoded, type=WebhookEvent) for event in reversed(logged)]

    async def actions(self) -> list[Action]:
        """What the audit trail has, oldest first."""
        return [each.entry.action for each in reversed(await self.world.store.directory.entries(AuditSearch()))]


Open = Callable[..., Awaitable[Door]]


@pytest.fixture
async def opened() -> Open:
    """Begins a door over a store; without one over a new one."""

    async def begin(
        limits: AccessLimits | None = None, *, store: Store | None = None, clock: ManualClock | None = None
    ) -> Door:
        door = Door(store or MemoryStore(), clock or ManualClock(), limits or AccessLimits())
        await door.world.bellwire.start()
        return door

    return begin


async def test_a_token_lets_in_until_it_expires_or_is_revoked(opened: Open) -> None:
    door = await opened()
    lasting, ending = await door.token("lasting"), await door.token("ending", expires_in_ms=60_000)
    assert lasting.startswith("bw_")
    for secret in (lasting, ending):
        assert door.keeper.admit_token(secret, address=HERE) is not None
    door.world.clock.jump(60_000)
    assert door.keeper.admit_token(ending, address=HERE) is None
    principal = door.keeper.admit_token(lasting, address=HERE)
    expected = Principal(
        name="lasting", kind=PrincipalKind.TOKEN, scopes=frozenset({Scope.READ}), types=None, address=HERE
    )
    assert principal == expected
    await door.keeper.tokens.revoke("lasting", by=PROGRAM)
    assert door.keeper.admit_token(lasting, address=HERE) is None
    assert await door.actions() == [Action.TOKEN_CREATE, Action.TOKEN_CREATE, Action.TOKEN_REVOKE]


async def test_a_rotated_token_has_another_value_the_same_scopes_and_as_long_again(opened: Open) -> None:
    door = await opened()
    before = await door.token("shop", Scope.PUBLISH, expires_in_ms=HOUR_MS)
    principal = door.keeper.admit_token(before, address=HERE)
    assert principal is not None
    begun = await door.keeper.sessions.begin(principal)
    door.world.clock.jump(HOUR_MS // 2)
    token, after = await door.keeper.tokens.rotate("shop", by=PROGRAM)
    assert door.keeper.admit_token(before, address=HERE) is None
    assert door.keeper.admit_token(after, address=HERE) == principal
    assert not door.is_in(begun)
    assert token.expires_at_ms == door.world.clock.steady_ms() + HOUR_MS
    assert (await door.actions())[-1] == Action.TOKEN_ROTATE
    await door.keeper.tokens.admit("admin", "bwadmin_x", by=PROGRAM)
    with pytest.raises(InvalidObject, match="needed there"):
        await door.keeper.tokens.rotate("admin", by=PROGRAM)
    with pytest.raises(UnknownThing):
        await door.keeper.tokens.rotate("none", by=PROGRAM)
    with pytest.raises(Forbidden):
        await door.keeper.tokens.rotate("shop", by=principal)


async def test_of_a_token_only_its_hash_is_kept(opened: Open) -> None:
    door = await opened()
    secret = await door.token()
    kept = msgspec.json.encode(await door.world.store.directory.tokens())
    assert secret.removeprefix("bw_").encode() not in kept


async def test_a_name_of_a_token_is_given_once_and_only_administrators_give_it(opened: Open) -> None:
    door = await opened()
    await door.token("shop")
    with pytest.raises(ConflictingName, match="taken"):
        await door.token("shop")
    writer = Principal(name="w", kind=PrincipalKind.TOKEN, scopes=frozenset({Scope.WRITE}))
    with pytest.raises(Forbidden, match="needs the scope admin"):
        await door.keeper.tokens.create(TokenWish(name="other", scopes=(Scope.ADMIN,)), by=writer)
    with pytest.raises(Forbidden):
        await door.keeper.tokens.revoke("shop", by=writer)


async def test_the_last_use_of_a_token_is_stored_once_a_minute_at_most(opened: Open) -> None:
    door = await opened()
    secret = await door.token()

    async def stored() -> Token:
        (token,) = await door.world.store.directory.tokens()
        return token

    door.keeper.admit_token(secret, address=HERE)
    first_ms = door.world.clock.steady_ms()
    await door.world.pass_time(10_000)
    assert (await stored()).last_used_at_ms == first_ms
    door.keeper.admit_token(secret, address=HERE)
    await door.world.pass_time(10_000)
    assert (await stored()).last_used_at_ms == first_ms
    assert door.keeper.tokens.get("shop").last_used_at_ms == first_ms + 10_000
    door.world.clock.jump(USE_NOTED_MS)
    door.keeper.admit_token(secret, address=HERE)
    await door.world.pass_time(10_000)
    assert (await stored()).last_used_at_ms == first_ms + 20_000 + USE_NOTED_MS


async def test_what_was_granted_survives_a_restart(opened: Open) -> None:
    store, clock = MemoryStore(), ManualClock()
    first = await opened(store=store, clock=clock)
    secret = await first.token()
    await first.person()
    begun = await first.sign_in()
    await first.world.cut_off()
    second = await opened(store=store, clock=clock)
    assert second.keeper.admit_token(secret, address=HERE) is not None
    assert second.is_in(begun)
    assert isinstance(await second.keeper.sign_in("nadia", PASSWORD, address=HERE), Begun)


async def test_a_session_ends_by_itself_when_it_is_old_or_idle(opened: Open) -> None:
    door = await opened()
    await door.person()
    idle, used = await door.sign_in(), await door.sign_in()
    for _ in range(11):
        door.world.clock.jump(HOUR_MS - 1)
        assert door.is_in(used)
    assert not door.is_in(idle)
    door.world.clock.jump(HOUR_MS - 1)
    assert door.is_in(used)
    door.world.clock.jump(11)
    assert door.is_in(used)
    door.world.clock.jump(1)
    assert not door.is_in(used)
    await door.world.pass_time(10_000)
    assert await door.world.store.directory.sessions() == ()


@pytest.mark.parametrize("change", [{"scopes": (Scope.READ,)}, {"password": "another good password"}])
async def test_other_scopes_or_another_password_end_the_sessions(opened: Open, change: dict[str, object]) -> None:
    door = await opened()
    await door.person()
    await door.person("omar")
    begun, other = await door.sign_in(), await door.sign_in("omar")
    link = await door.keeper.make_link("nadia", by=PROGRAM)
    await door.keeper.people.change(PersonWish(name="nadia", **change), by=PROGRAM)  # type: ignore[arg-type] # either of them
    assert not door.is_in(begun)
    assert door.is_in(other)
    assert await door.keeper.use_link(link.code, address=HERE) is None
    if "password" in change:
        assert await door.keeper.sign_in("nadia", PASSWORD, address=HERE) is None


async def test_who_is_removed_is_out(opened: Open) -> None:
    door = await opened()
    await door.person()
    begun = await door.sign_in()
    await door.keeper.people.remove("nadia", by=PROGRAM)
    assert not door.is_in(begun)
    assert await door.keeper.sign_in("nadia", PASSWORD, address=HERE) is None
    with pytest.raises(UnknownThing):
        door.keeper.people.get("nadia")


async def test_a_session_of_a_token_ends_with_the_token_also_where_another_has_its_name(opened: Open) -> None:
    door = await opened()
    secret = await door.token("ops", Scope.ADMIN)
    principal = door.keeper.admit_token(secret, address=HERE)
    assert principal is not None
    link = await door.keeper.make_link(None, by=principal)
    begun = await door.keeper.use_link(link.code, address=HERE)
    assert begun is not None
    assert door.is_in(begun)
    await door.keeper.tokens.revoke("ops", by=PROGRAM)
    await door.token("ops", Scope.ADMIN)
    assert not door.is_in(begun)


async def test_a_person_has_so_many_sessions_and_the_oldest_gives_way(opened: Open) -> None:
    door = await opened()
    await door.person()
    nadia = door.keeper.people.principal_named("nadia")
    assert nadia is not None
    begun = [await door.keeper.sessions.begin(nadia) for _ in range(SESSIONS_MAX + 1)]
    assert [door.is_in(each) for each in begun] == [False] + [True] * SESSIONS_MAX


async def test_a_session_is_ended_by_its_owner_or_an_administrator(opened: Open) -> None:
    door = await opened()
    await door.person("nadia", Scope.READ)
    await door.person("omar", Scope.READ)
    begun = await door.sign_in()
    signed = door.keeper.admit_session((await door.sign_in("omar")).secret, address=HERE)
    assert signed is not None
    with pytest.raises(Forbidden):
        await door.keeper.sessions.end(begun.session.id, by=signed.principal)
    await door.keeper.sessions.end(signed.session.id, by=signed.principal)
    await door.keeper.sessions.end(begun.session.id, by=PROGRAM)
    assert not door.is_in(begun)
    with pytest.raises(UnknownThing):
        await door.keeper.sessions.end(begun.session.id, by=PROGRAM)


async def test_a_link_lets_in_once_and_for_a_while(opened: Open) -> None:
    door = await opened()
    await door.person()
    used, old = [await door.keeper.make_link("nadia", by=PROGRAM) for _ in range(2)]
    assert await door.keeper.use_link(used.code, address=HERE) is not None
    assert await door.keeper.use_link(used.code, address=HERE) is None
    door.world.clock.jump(LINK_MS)
    assert await door.keeper.use_link(old.code, address=HERE) is None
    assert await door.keeper.use_link("made up", address=HERE) is None


async def test_of_many_links_the_oldest_gives_way(opened: Open) -> None:
    door = await opened()
    await door.person()
    links = [await door.keeper.make_link("nadia", by=PROGRAM) for _ in range(LINKS_MAX + 1)]
    assert await door.keeper.use_link(links[0].code, address=HERE) is None
    assert await door.keeper.use_link(links[1].code, address=HERE) is not None


async def test_a_link_is_for_somebody_who_is_known(opened: Open) -> None:
    door = await opened()
    with pytest.raises(UnknownThing):
        await door.keeper.make_link("nobody", by=PROGRAM)
    with pytest.raises(InvalidObject, match="name the person"):
        await door.keeper.make_link(None, by=PROGRAM)


async def test_who_guesses_waits_ever_longer_and_is_never_locked_out_for_good(opened: Open) -> None:
    door = await opened()
    await door.person()
    for _ in range(FAILURES_FREE):
        assert await door.keeper.sign_in("nadia", "a wrong password", address=HERE) is None
    assert await door.keeper.sign_in("nadia", PASSWORD, address=THERE) == Pause(1_000)
    assert await door.keeper.sign_in("omar", PASSWORD, address=HERE) == Pause(1_000)
    door.world.clock.jump(1_000)
    assert await door.keeper.sign_in("nadia", "a wrong password", address=HERE) is None
    assert await door.keeper.sign_in("nadia", PASSWORD, address=HERE) == Pause(2_000)
    door.world.clock.jump(PAUSE_MOST_MS)
    assert door.is_in(await door.sign_in())
    assert await door.keeper.sign_in("nadia", "a wrong password", address=THERE) is None
    assert door.is_in(await door.sign_in(address=THERE))


async def test_an_unknown_name_is_paused_as_a_known_one_is(opened: Open) -> None:
    door = await opened()
    for _ in range(FAILURES_FREE):
        assert await door.keeper.sign_in("nobody", PASSWORD, address=HERE) is None
    assert await door.keeper.sign_in("nobody", PASSWORD, address=THERE) == Pause(1_000)


async def test_guesses_that_are_made_at_once_are_counted_before_the_first_has_failed(opened: Open) -> None:
    door = await opened()
    await door.person()
    guesses = [door.keeper.sign_in("nadia", "a wrong password", address=HERE) for _ in range(3 * FAILURES_FREE)]
    outcomes = await asyncio.gather(*guesses)
    assert outcomes.count(None) == FAILURES_FREE


async def test_only_so_many_passwords_are_checked_at_once(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bellwire.engine.password_checker.WAITING_MAX", 1)
    door = await opened()
    first = asyncio.create_task(door.keeper.sign_in("a", PASSWORD, address=HERE))
    await asyncio.sleep(0)
    with pytest.raises(Overloaded):
        await door.keeper.sign_in("b", PASSWORD, address=THERE)
    assert await first is None


async def test_calls_of_one_caller_are_limited_where_a_setting_says_so(opened: Open) -> None:
    door = await opened(AccessLimits(requests_per_second=2, requests_burst=3))
    shop = Principal(name="shop", kind=PrincipalKind.TOKEN, scopes=frozenset({Scope.READ}))
    other = msgspec.structs.replace(shop, kind=PrincipalKind.PERSON)
    assert [door.keeper.wait_ms(shop) for _ in range(4)] == [0, 0, 0, 501]
    assert door.keeper.wait_ms(other) == 0
    door.world.clock.jump(501)
    assert door.keeper.wait_ms(shop) == 0
    unlimited = await opened()
    assert {unlimited.keeper.wait_ms(shop) for _ in range(1_000)} == {0}


async def test_who_came_in_is_told_in_the_event_log(opened: Open) -> None:
    door = await opened()
    await door.person()
    secret = await door.token()
    await door.sign_in()
    for _ in range(3):
        door.keeper.admit_token(secret, address=HERE)
    door.keeper.admit_token(secret, address=THERE)
    told = await door.told()
    assert [event.type for event in told] == ["bellwire.auth-success"] * 3
    assert [msgspec.json.decode(event.data) for event in told] == [
        {"name": "nadia", "kind": "person", "address": HERE, "by": "password"},
        {"name": "shop", "kind": "token", "address": HERE, "by": "token"},
        {"name": "shop", "kind": "token", "address": THERE, "by": "token"},
    ]
    door.world.clock.jump(TOLD_AGAIN_MS)
    door.keeper.admit_token(secret, address=HERE)
    assert len(await door.told()) == 4


async def test_the_data_folders_own_token_is_not_told_of_on_this_machine(opened: Open) -> None:
    door = await opened()
    await door.keeper.tokens.admit("admin", "bwadmin_x", by=PROGRAM)
    door.keeper.admit_token("bwadmin_x", address="127.0.0.1")
    assert await door.told() == []
    door.keeper.admit_token("bwadmin_x", address=HERE)
    assert len(await door.told()) == 1


async def test_failures_are_told_at_a_bounded_rate_with_their_number(opened: Open) -> None:
    door = await opened()
    for _ in range(50):
        door.keeper.refuse_token(address=HERE)
        await door.world.settle()
    assert [msgspec.json.decode(event.data)["count"] for event in await door.told()] == [1]
    await door.world.pass_time(FAILED_PAUSE_MS)
    told = await door.told()
    assert [event.type for event in told] == ["bellwire.auth-failed"] * 2
    assert msgspec.json.decode(told[1].data) == {"count": 49, "address": HERE, "by": "token"}


async def test_of_a_name_that_is_nobodys_nothing_is_told_as_some_write_their_password_there(opened: Open) -> None:
    door = await opened()
    await door.person()
    assert await door.keeper.sign_in(PASSWORD, "nadia", address=HERE) is None
    await door.world.pass_time(FAILED_PAUSE_MS)
    assert await door.keeper.sign_in("nadia", "wrong", address=HERE) is None
    await door.world.pass_time(FAILED_PAUSE_MS)
    told = [msgspec.json.decode(event.data) for event in await door.told()]
    assert [each.get("name") for each in told] == [None, "nadia"]
    assert PASSWORD not in str(told)


async def test_a_persons_own_change_of_password_ends_the_other_sessions_and_is_audited(opened: Open) -> None:
    door = await opened()
    await door.person()
    here, there = await door.sign_in(), await door.sign_in()
    link = await door.keeper.make_link("nadia", by=PROGRAM)
    wish = OwnPassword(name="nadia", old=PASSWORD, new="another good password")
    assert await door.keeper.change_own_password(wish, address=THERE, session=here.session) is True
    assert (door.is_in(here), door.is_in(there)) == (True, False)
    assert await door.keeper.use_link(link.code, address=HERE) is None
    assert await door.keeper.sign_in("nadia", PASSWORD, address=HERE) is None
    await door.sign_in(password=wish.new)
    (entry,) = [
        each.entry
        for each in await door.keeper.auditor.search(AuditSearch())
        if each.entry.action is Action.PERSON_CHANGE
    ]
    assert (entry.by, entry.kind, entry.address, entry.object_id) == ("nadia", PrincipalKind.PERSON, THERE, "nadia")
    assert [(change.before, change.after) for change in entry.changes] == [("****", "****")]
    assert {each.id for each in await door.world.store.directory.sessions()} >= {here.session.id}
    assert there.session.id not in {each.id for each in await door.world.store.directory.sessions()}


async def test_the_old_password_is_needed_and_guesses_at_it_are_counted(opened: Open) -> None:
    door = await opened()
    await door.person()
    wish = OwnPassword(name="nadia", old="a wrong password", new="another good password")
    for _ in range(FAILURES_FREE):
        assert await door.keeper.change_own_password(wish, address=HERE, session=None) is False
    waits = await door.keeper.change_own_password(wish, address=HERE, session=None)
    assert isinstance(waits, Pause)
    assert isinstance(await door.keeper.sign_in("nadia", PASSWORD, address=THERE), Pause)


async def test_who_is_removed_while_their_new_password_is_hashed_stays_removed(opened: Open) -> None:
    door = await opened()
    await door.person()
    wish = OwnPassword(name="nadia", old=PASSWORD, new="another good password")
    changing = asyncio.create_task(door.keeper.change_own_password(wish, address=HERE, session=None))
    await asyncio.sleep(0)
    await door.keeper.people.remove("nadia", by=PROGRAM)
    assert await changing is False
    assert door.keeper.people.all() == ()


async def test_the_admitted_token_of_the_folder_is_recorded_once(opened: Open) -> None:
    door = await opened()
    for _ in range(2):
        await door.keeper.tokens.admit("admin", "bwadmin_x", by=PROGRAM)
    assert await door.actions() == [Action.TOKEN_CREATE]
    with pytest.raises(InvalidObject, match="data folder"):
        await door.keeper.tokens.revoke("admin", by=PROGRAM)


async def test_the_audit_trail_is_kept_within_its_limits(opened: Open) -> None:
    door = await opened(AccessLimits(audit_entries=2))
    for name in ("a", "b", "c"):
        await door.token(name)
    await door.world.pass_time(10_000)
    assert len(await door.actions()) == 2


async def test_stopping_before_starting_and_again_is_harmless() -> None:
    door = Door(MemoryStore(), ManualClock(), AccessLimits())
    await door.keeper.stop()
    door.keeper.start()
    await door.keeper.stop()

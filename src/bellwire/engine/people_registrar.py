"""The people registrar: knows the people who sign in, and checks their passwords."""

from msgspec.structs import replace

from bellwire.clock import Clock
from bellwire.directory import Directory, DirectoryChange, PutPerson, RemovePerson
from bellwire.engine.auditor import Auditor
from bellwire.engine.password_checker import PasswordChecker
from bellwire.engine.session_keeper import SessionKeeper
from bellwire.errors import ConflictingName, Fault, InvalidObject, UnknownThing
from bellwire.model.audit import Action, MemberChange
from bellwire.model.credentials import PEOPLE_MAX, Person, SessionId
from bellwire.model.principal import Principal, PrincipalKind, Scope
from bellwire.model.secret import MASK
from bellwire.rules.auditing import member_changes
from bellwire.rules.granting import PersonWish, normal_password
from bellwire.rules.permitting import check_scope


class PeopleRegistrar:
    """Whatever changes about a person ends their sessions: nobody goes on with what was granted before."""

    def __init__(
        self,
        directory: Directory,
        *,
        clock: Clock,
        auditor: Auditor,
        passwords: PasswordChecker,
        sessions: SessionKeeper,
    ) -> None:
        self._directory = directory
        self._clock = clock
        self._auditor = auditor
        self._passwords = passwords
        self._sessions = sessions
        self._people: dict[str, Person] = {}

    async def load(self) -> None:
        """Take over what is stored."""
        self._people = {person.name: person for person in await self._directory.people()}

    def all(self) -> tuple[Person, ...]:
        """In the order of their names."""
        return tuple(self._people[name] for name in sorted(self._people))

    def get(self, name: str) -> Person:
        """Raises UnknownThing."""
        person = self._people.get(name)
        if person is None:
            raise UnknownThing("person", name)
        return person

    def principal_named(self, name: str) -> Principal | None:
        """What is granted to the person of that name."""
        person = self._people.get(name)
        return None if person is None else _principal(person)

    async def add(self, wish: PersonWish, *, by: Principal) -> Person:
        """Let another person sign in. Raises ConflictingName, InvalidObject, Forbidden, Overloaded."""
        check_scope(by, Scope.ADMIN)
        password_hash = None if wish.password is None else await self._passwords.hash(wish.password)
        if wish.name in self._people:
            raise ConflictingName(f"{wish.name!r} is taken; choose another name")
        if len(self._people) >= PEOPLE_MAX:
            raise _fault("", f"there are {PEOPLE_MAX:,} people, which is the most there can be; remove some")
        person = Person(
            name=wish.name,
            scopes=wish.scopes or (),
            password_hash=password_hash,
            created_at_ms=self._clock.steady_ms(),
        )
        audit = self._auditor.entry(by, Action.PERSON_ADD, person.name, member_changes({}, _members(person)))
        await self._directory.change([PutPerson(person)], audit=audit)
        self._people[person.name] = person
        return person

    async def change(self, wish: PersonWish, *, by: Principal) -> Person:
        """Give a person other scopes or another password. Raises UnknownThing, Forbidden, Overloaded."""
        check_scope(by, Scope.ADMIN)
        self.get(wish.name)
        password_hash = None if wish.password is None else await self._passwords.hash(wish.password)
        before = self.get(wish.name)
        person = replace(
            before,
            scopes=before.scopes if wish.scopes is None else wish.scopes,
            password_hash=before.password_hash if password_hash is None else password_hash,
        )
        changes = member_changes(_members(before), _members(person))
        if password_hash is not None:
            changes = (*changes, MemberChange("password", None if before.password_hash is None else MASK, MASK))
        audit = self._auditor.entry(by, Action.PERSON_CHANGE, person.name, changes)
        await self._directory.change([PutPerson(person), *self._endings(person)], audit=audit)
        self._people[person.name] = person
        self._sessions.drop_all_of(person.name, PrincipalKind.PERSON)
        return person

    async def change_own(self, password: str, *, by: Principal, keeping: SessionId | None) -> None:
        """Give the caller, who has just shown the password before, another one; their other sessions end.

        Raises UnknownThing, Overloaded.
        """
        shown = self.get(by.name)
        password_hash = await self._passwords.hash(password)
        if self.get(by.name) is not shown:  # what was shown is worth nothing any more
            raise UnknownThing("person", by.name)
        person = replace(shown, password_hash=password_hash)
        audit = self._auditor.entry(by, Action.PERSON_CHANGE, person.name, (MemberChange("password", MASK, MASK),))
        endings = self._sessions.endings_of(person.name, PrincipalKind.PERSON, but=keeping)
        await self._directory.change([PutPerson(person), *endings], audit=audit)
        self._people[person.name] = person
        self._sessions.drop_all_of(person.name, PrincipalKind.PERSON, but=keeping)

    async def remove(self, name: str, *, by: Principal) -> None:
        """Let a person in no more. Raises UnknownThing, Forbidden."""
        check_scope(by, Scope.ADMIN)
        person = self.get(name)
        audit = self._auditor.entry(by, Action.PERSON_REMOVE, name, member_changes(_members(person), {}))
        await self._directory.change([RemovePerson(name), *self._endings(person)], audit=audit)
        self._people.pop(name, None)
        self._sessions.drop_all_of(name, PrincipalKind.PERSON)

    async def check_password(self, name: str, password: str) -> Principal | None:
        """Whose name and password these are; it takes as long for an unknown name. Raises Overloaded."""
        person = self._people.get(name)
        matches = await self._passwords.matches(
            normal_password(password), None if person is None else person.password_hash
        )
        # Meanwhile the person may have been given another password.
        return _principal(person) if matches and person is not None and self._people.get(name) is person else None

    def _endings(self, person: Person) -> list[DirectoryChange]:
        return list(self._sessions.endings_of(person.name, PrincipalKind.PERSON))


def _principal(person: Person) -> Principal:
    return Principal(name=person.name, kind=PrincipalKind.PERSON, scopes=frozenset(person.scopes))


def _members(person: Person) -> dict[str, object]:
    password = None if person.password_hash is None else MASK
    return {"scopes": [scope.value for scope in person.scopes], "password": password}


def _fault(path: str, message: str) -> InvalidObject:
    return InvalidObject((Fault(path, message),))

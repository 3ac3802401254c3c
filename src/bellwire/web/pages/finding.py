"""What of the pages, actions, webhooks and event types is meant by a few words; for the palette and the search page."""

import heapq
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Final, NamedTuple
from urllib.parse import urlencode

import msgspec

from bellwire.model.event import EventTypeId
from bellwire.model.principal import Scope
from bellwire.model.webhook import RegisteredWebhook
from bellwire.web.pages.visit import WEBHOOKS

TEXT_LENGTH_MAX: Final = 200
WORDS_MAX: Final = 8
GROUP_MAX: Final = 8
"""Found things of one kind that are shown."""

PAGES: Final = "Pages"
ACTIONS: Final = "Actions"
HOOKS: Final = "Webhooks"
TYPES: Final = "Event types"

_WORST: Final = 4
_BETWEEN_WORDS: Final = re.compile(r"[\s.:/_-]+")


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that can be chosen. sends: choosing it changes something, so a form is sent to the address."""

    icon: str
    label: str
    address: str
    detail: str = ""
    sends: bool = False


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """Things of one kind, what is meant most probably first."""

    title: str
    found: tuple[Found, ...]


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """A page or an action that is always there. words: other names for it. needs: what its visitor must be allowed."""

    icon: str
    label: str
    address: str
    words: str = ""
    needs: Scope = Scope.READ


class Verb(msgspec.Struct, frozen=True, kw_only=True):
    """Something that is done with a webhook, at an address below its own."""

    icon: str
    label: str
    below: str
    words: str = ""
    needs: Scope = Scope.READ
    sends: bool = False


PLACES: Final = (
    Place(icon="gauge", label="Overview", address="/", words="home start"),
    Place(icon="list-filter", label="Events", address="/events", words="log published"),
    Place(icon="activity", label="Live tail", address="/tail", words="follow stream"),
    Place(icon="send", label="Attempts", address="/attempts", words="requests deliveries"),
    Place(icon="archive-x", label="Dead letters", address="/dead-letters", words="discarded failed expired"),
    Place(icon="rotate-ccw", label="Replays", address="/replays", words="deliver again"),
    Place(icon="webhook", label="Webhooks", address=WEBHOOKS, words="endpoints receivers settings telemetry"),
    Place(icon="book-open", label="Event types", address="/event-types", words="catalogue levels"),
    Place(icon="chart-column", label="Metrics", address="/settings/telemetry/metrics", words="prometheus figures"),
    Place(icon="clock", label="Deadlines", address="/deadlines", words="discard expire waiting"),
    Place(icon="radio", label="Sources", address="/sources", words="upstream servers relay"),
    Place(icon="user-round", label="People", address="/people", words="persons passwords scopes", needs=Scope.ADMIN),
    Place(icon="history", label="Audit trail", address="/audit", words="who changed", needs=Scope.ADMIN),
    Place(icon="user-round", label="Your account", address="/account", words="password sign out browsers"),
    Place(icon="key-round", label="API tokens", address="/tokens", words="access programs", needs=Scope.ADMIN),
    Place(icon="inbox", label="Built-in receiver", address="/receiver", words="try", needs=Scope.WRITE),
    Place(icon="info", label="About", address="/about", words="version limits storage"),
    Place(icon="terminal", label="API reference", address="/docs", words="openapi http calls"),
)
"""Every entry of the navigation, and what has none there."""

DEEDS: Final = (
    Place(icon="plus", label="New webhook", address=f"{WEBHOOKS}/new", words="create add endpoint", needs=Scope.WRITE),
    Place(icon="send", label="Publish an event", address="/publish", words="emit send try", needs=Scope.PUBLISH),
    Place(icon="rotate-ccw", label="New replay", address="/replays/new", words="deliver again", needs=Scope.WRITE),
    Place(icon="plus", label="New source", address="/sources/new", words="upstream relay", needs=Scope.WRITE),
    Place(icon="plus", label="New person", address="/people/new", words="add user", needs=Scope.ADMIN),
    Place(icon="plus", label="New API token", address="/tokens/new", words="create add", needs=Scope.ADMIN),
    Place(
        icon="plus",
        label="Declare an event type",
        address="/event-types#declare",
        words="new create own",
        needs=Scope.WRITE,
    ),
)

VERBS: Final = (
    Verb(icon="zap", label="Send a test to", below="/test", words="try", needs=Scope.WRITE, sends=True),
    Verb(icon="pencil", label="Edit", below="/edit", words="change settings"),
    Verb(icon="shield-check", label="Check the endpoint of", below="/check", words="diagnose", needs=Scope.WRITE),
    Verb(icon="history", label="History of", below="/history", words="changes"),
    Verb(icon="send", label="Attempts of", below="/attempts", words="requests"),
    Verb(icon="archive-x", label="Dead letters of", below="/dead-letters", words="discarded"),
    Verb(icon="shield-check", label="Verify signatures of", below="/verify", words="check"),
    Verb(icon="pause", label="Pause", below="/pause", words="hold stop", needs=Scope.WRITE, sends=True),
    Verb(icon="play", label="Resume", below="/resume", words="go on unpause", needs=Scope.WRITE, sends=True),
    Verb(icon="rotate-ccw", label="Deliver again to", below="/replay", words="replay", needs=Scope.WRITE),
    Verb(icon="key-round", label="Replace the key of", below="/rotate-key", words="rotate", needs=Scope.WRITE),
    Verb(icon="copy", label="Duplicate", below="/duplicate", words="copy", needs=Scope.WRITE),
    Verb(icon="trash-2", label="Delete", below="/delete", words="remove", needs=Scope.WRITE),
)


class _Scored(NamedTuple):
    """How badly something fits, 0 for best; order: its place among its like; make: what it is, once it is shown."""

    misfit: int
    order: int
    make: Callable[[], Found]


def find(
    text: str,
    places: Sequence[Place],
    verbs: Sequence[Verb],
    webhooks: Sequence[RegisteredWebhook],
    types: Iterable[EventTypeId],
) -> list[Group]:
    """What is meant, the kind with the best fit first; all places and deeds where nothing is written yet.

    places: pages and actions that the visitor may open. Takes some milliseconds for a thousand webhooks and ten
    thousand types, and some tens where all of those fit.
    """
    text = text.casefold()[:TEXT_LENGTH_MAX]
    words = text.split()[:WORDS_MAX]
    deeds = [*_of_places([place for place in places if place in DEEDS], text, words)]
    groups = [
        _best(PAGES, _of_places([place for place in places if place not in DEEDS], text, words), at_most=len(places)),
        _best(ACTIONS, [*deeds, *_of_verbs(verbs, webhooks, text, words)]),
    ]
    if words:
        groups += [
            _best(HOOKS, _of_webhooks(webhooks, text, words), all_at=f"{WEBHOOKS}?{urlencode({'q': text})}"),
            _best(TYPES, _of_types(types, text, words), all_at=f"/event-types?{urlencode({'q': text})}"),
        ]
    return [group for misfit, group in sorted(groups, key=lambda each: each[0]) if group.found]


def _best(title: str, scored: Iterable[_Scored], *, at_most: int = GROUP_MAX, all_at: str = "") -> tuple[int, Group]:
    """The misfit of the best, and the group; all_at: where the rest is found."""
    every = list(scored)
    best = heapq.nsmallest(at_most, every, key=lambda each: each[:2])
    found = [each.make() for each in best]
    if all_at and len(every) > at_most:
        more = f"{len(every) - at_most:,} more of {title.lower()}"
        found.append(Found(icon="ellipsis", label=more, address=all_at))
    return best[0].misfit if best else _WORST, Group(title=title, found=tuple(found))


def _of_places(places: Sequence[Place], text: str, words: Sequence[str]) -> list[_Scored]:
    return [
        _Scored(misfit, order, partial(Found, icon=place.icon, label=place.label, address=place.address))
        for order, place in enumerate(places)
        if (misfit := _misfit(place.label, place.words, text, words)) is not None
    ]


def _of_webhooks(webhooks: Sequence[RegisteredWebhook], text: str, words: Sequence[str]) -> Iterator[_Scored]:
    for order, webhook in enumerate(webhooks):
        name, url = webhook.object.name, webhook.object.url
        misfit = 0 if text == webhook.id else _misfit(name, f"{url} {webhook.id}", text, words)
        if misfit is not None:
            address = f"{WEBHOOKS}/{webhook.id}"
            yield _Scored(misfit, order, partial(Found, icon="webhook", label=name, detail=url, address=address))


def _of_verbs(
    verbs: Sequence[Verb], webhooks: Sequence[RegisteredWebhook], text: str, words: Sequence[str]
) -> Iterator[_Scored]:
    """For words of which some mean a verb and the others webhooks; or, where they mean a single webhook, every verb."""
    meant = list(_named(webhooks, words)) if words else []
    for order, verb in enumerate(verbs):
        known = f"{verb.label} {verb.words}".casefold().split()
        rest = [word for word in words if not any(each.startswith(word) for each in known)]
        chosen = meant if len(meant) == 1 else []
        if rest and len(rest) < len(words):
            chosen = list(_named(webhooks, rest))
        for webhook in chosen[:GROUP_MAX]:
            label = f"{verb.label} {webhook.object.name}"
            address = f"{WEBHOOKS}/{webhook.id}{verb.below}"
            made = partial(
                Found, icon=verb.icon, label=label, detail=webhook.object.url, address=address, sends=verb.sends
            )
            misfit = _misfit(label, f"{verb.words} {webhook.object.url} {webhook.id}", text, words)
            yield _Scored(_WORST if misfit is None else misfit, order, made)


def _named(webhooks: Sequence[RegisteredWebhook], words: Sequence[str]) -> Iterator[RegisteredWebhook]:
    for webhook in webhooks:
        content = f"{webhook.object.name} {webhook.object.url} {webhook.id}".casefold()
        if all(word in content for word in words):
            yield webhook


def _of_types(types: Iterable[EventTypeId], text: str, words: Sequence[str]) -> Iterator[_Scored]:
    named = (type_id for type_id in types if words[0] in type_id)  # most are out at once, as ids are lower case
    for order, type_id in enumerate(named):
        misfit = _misfit(type_id, "", text, words)
        if misfit is not None:
            made = partial(Found, icon="book-open", label=type_id, address=f"/event-types/{type_id}")
            yield _Scored(misfit, order, made)


def _misfit(label: str, more: str, text: str, words: Sequence[str]) -> int | None:
    """0: the label as it is written; 1: its beginning; 2: the beginning of a word; 3: somewhere; None: not at all."""
    name = label.casefold()
    content = f"{name} {more.casefold()}" if more else name
    if not all(word in content for word in words):
        return None
    if name == text:
        return 0
    if name.startswith(text):
        return 1
    return 2 if any(part.startswith(words[0]) for part in _BETWEEN_WORDS.split(name)) else 3

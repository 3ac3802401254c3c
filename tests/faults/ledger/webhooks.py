"""The webhooks of a run: what is registered, and, worked out on its own, what each must get and how."""

import enum
from typing import Any, Final

import msgspec

from faults.ledger.making import TYPES

TIMEOUT: Final = "3s"
"""Far above what an answer of the receiver takes, so that one which it gave is also one that was taken."""

DISCARD_AFTER: Final = "7d"


class Manner(enum.Enum):
    """What a receiver does of its own, besides the failures that befall all."""

    PLAIN = "nothing"
    PICKY = "refuses poisoned events"
    NARROW = "refuses batches of more than a few events"
    LEAVING = "says now and then that it is gone"

    @property
    def parts_batches(self) -> bool:
        """Whether its webhook's batches are sent in parts, under other ids."""
        return self in {Manner.PICKY, Manner.NARROW}


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    """What the audit holds a webhook to. key: the secret as it was given; name: the last part of its URL's path.

    sometimes: those of the types it wants that an edit of its filter takes away for a while. manner: of its receiver.
    """

    name: str
    wants: frozenset[str]
    sometimes: frozenset[str]
    manner: Manner
    key: str | None
    authorization: str | None
    events_max: int


class Recipe(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of webhook: its object without url and name, and what it wants."""

    name: str
    wants: frozenset[str]
    object: dict[str, Any]
    authorization: str | None = None
    sometimes: frozenset[str] = frozenset()
    manner: Manner = Manner.PLAIN


def _up_to(*levels: str) -> frozenset[str]:
    return frozenset(name for name, level in TYPES.items() if level in levels)


_INFO: Final = _up_to("error", "info")

RECIPES: Final = (
    Recipe(
        name="listed",
        wants=frozenset({"auth.success", "message-ingest.ham"}),
        object={
            "events": ["auth.success", "store.ingest"],  # the second is a former name
            "eventsPolicy": "include",
            "throttle": "1s",
            "signatureKey": {"@type": "Value", "secret": "my-secret-key"},
            "httpAuth": {"@type": "Basic", "username": "account", "secret": {"@type": "Value", "secret": "password"}},
        },
        authorization="Basic YWNjb3VudDpwYXNzd29yZA==",
    ),
    Recipe(
        name="small-batches",
        wants=frozenset({"auth.failed", "security.ip-blocked"}),
        object={
            "events": ["auth.failed", "security.ip-blocked"],
            "eventsPolicy": "include",
            "throttle": 0,
            "maxBatchEvents": 5,
            "signatureKey": {"@type": "Value", "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"},
        },
    ),
    Recipe(name="everything", wants=_INFO, object={"throttle": "50ms"}),
    Recipe(
        name="all-but-one",
        wants=_INFO - {"auth.success"},
        object={
            "events": ["auth.success"],
            "eventsPolicy": "exclude",
            "throttle": "50ms",
            "catchUp": "throttled",
            "maxBatchEvents": 200,
            "signatureKey": {"@type": "Value", "secret": "s3cret-Kéy"},
        },
    ),
    Recipe(
        name="traces",
        wants=frozenset(TYPES),
        object={
            "level": "trace",
            "throttle": 0,
            "maxBatchBytes": "8KiB",
            "signatureKey": {"@type": "Value", "secret": "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"},
            "httpAuth": {"@type": "Bearer", "bearerToken": "a-token"},
        },
        authorization="Bearer a-token",
    ),
    Recipe(
        name="errors",
        wants=_up_to("error"),
        object={"events": ["smtp.raw-input"], "eventsPolicy": "exclude", "level": "error", "throttle": "1s"},
    ),
    Recipe(
        name="picky",
        wants=frozenset({"auth.success", "auth.error", "security.ip-blocked"}),
        object={
            "events": ["auth.success", "auth.error", "security.ip-blocked"],
            "eventsPolicy": "include",
            "throttle": "50ms",
            "signatureKey": {"@type": "Value", "secret": "a picky key"},
        },
        manner=Manner.PICKY,
    ),
    Recipe(
        name="narrow",
        wants=frozenset({"auth.failed"}),
        object={"events": ["auth.failed"], "eventsPolicy": "include", "throttle": "20ms"},
        manner=Manner.NARROW,
    ),
    Recipe(name="leaving", wants=_INFO, object={"throttle": "100ms"}, manner=Manner.LEAVING),
    Recipe(
        name="changing",
        wants=_INFO,
        object={"throttle": "50ms", "level": "info"},
        sometimes=_INFO - _up_to("error"),
    ),
)


def make_webhooks(count: int, *, url: str) -> list[tuple[Subject, dict[str, Any]]]:
    """That many webhooks of all kinds in turn, each with the object that registers it. url: the receiver's."""
    made = []
    for number in range(count):
        recipe = RECIPES[number % len(RECIPES)]
        name = f"{recipe.name}-{number}"
        registered = {**recipe.object, "url": f"{url}/{name}", "timeout": TIMEOUT, "discardAfter": DISCARD_AFTER}
        key = registered.get("signatureKey", {}).get("secret")
        if key is not None and number >= len(RECIPES) and not key.startswith("whsec_"):
            key = f"{key} {number}"
            registered["signatureKey"] = {"@type": "Value", "secret": key}
        subject = Subject(
            name=name,
            wants=recipe.wants,
            key=key,
            sometimes=recipe.sometimes,
            manner=recipe.manner,
            authorization=recipe.authorization,
            events_max=registered.get("maxBatchEvents", 1000),
        )
        made.append((subject, registered))
    return made

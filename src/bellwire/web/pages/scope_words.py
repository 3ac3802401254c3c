"""What each scope lets its holder do, in plain words."""

from collections.abc import Iterable
from typing import Final

from bellwire.model.principal import Scope

SCOPE_WORDS: Final = {
    Scope.PUBLISH.value: "Publish events, and nothing else: not even look at them.",
    Scope.READ.value: "Look at everything but tokens, people, sessions and the audit trail.",
    Scope.WRITE.value: "Change webhooks, event types, sources and replays, and look at all that read does.",
    Scope.ADMIN.value: "Do everything: publish too, and say who may come in.",
}
"""By the scopes' names, from the least to the most."""


def words_of(scopes: Iterable[Scope]) -> list[str]:
    """What these scopes let their holder do."""
    held = set(scopes)
    return [SCOPE_WORDS[scope.value] for scope in Scope if scope in held]

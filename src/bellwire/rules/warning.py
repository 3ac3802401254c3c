"""What is odd about a WebHook object that is sound?"""

from collections.abc import Sequence
from typing import Final

from bellwire.errors import Fault
from bellwire.model.event import EventTypeId
from bellwire.model.event_type import Catalogue
from bellwire.model.secret import NoSecret
from bellwire.model.webhook import EventPolicy, Unauthenticated, WebHook
from bellwire.rules.checking_events import ListedEvent
from bellwire.rules.checking_headers import carries_credential
from bellwire.rules.checking_urls import is_encrypted, is_loopback
from bellwire.rules.matching import OWN_PREFIX
from bellwire.rules.reading import Findings

NAMES_SHOWN_MAX: Final = 3
TEST_TYPE: Final = EventTypeId("webhook.test")


def find_oddities(webhook: WebHook, listed: Sequence[ListedEvent], catalogue: Catalogue) -> tuple[Fault, ...]:
    """What is allowed and perhaps not meant, each with the path of the member to change."""
    oddities = Findings()
    seen: set[EventTypeId] = set()
    for entry in listed:
        if oddity := _oddity_of_entry(entry, webhook, catalogue, again=entry.id in seen):
            oddities.add(entry.path, oddity)
        seen.add(entry.id)
    if blocked := _blocked_by_level(webhook, catalogue):
        oddities.add("level", f"keeps back events that are listed: {_shown(blocked)}; lower it, or leave it out")
    if exposed := _exposed(webhook):
        oddities.add(*exposed)
    return oddities.all()


def _oddity_of_entry(entry: ListedEvent, webhook: WebHook, catalogue: Catalogue, *, again: bool) -> str:
    if again:
        return f"{entry.id} is listed more than once; it counts once"
    former = catalogue.former(entry.id)
    if former is not None and former.successors:
        return f"{entry.id} is a former name of {_shown(former.successors)}; events of both names are meant"
    if former is not None:
        return f"{entry.id} is a former type without a successor; only old servers send it"
    if entry.id == TEST_TYPE:
        return f"{entry.id} is sent by a test only, whatever is listed"
    return _oddity_of_own_type(entry.id, webhook.events_policy, catalogue) if entry.id.startswith(OWN_PREFIX) else ""


def _oddity_of_own_type(type_id: EventTypeId, policy: EventPolicy, catalogue: Catalogue) -> str:
    if policy is EventPolicy.EXCLUDE:
        return f"{type_id} is about Bellwire itself and reaches only webhooks that include it; leave it out"
    own_type = catalogue.current(type_id)
    description = own_type.description if own_type is not None else ""
    return f"{type_id} is about Bellwire itself, never about this webhook. {description}".rstrip()


def _blocked_by_level(webhook: WebHook, catalogue: Catalogue) -> list[EventTypeId]:
    floor = webhook.level
    if floor is None or webhook.events_policy is EventPolicy.EXCLUDE:
        return []
    names = [name for type_id in webhook.events for name in catalogue.present_names(type_id)]
    return list(dict.fromkeys(name for name in names if catalogue.level(name).rank > floor.rank))


def _exposed(webhook: WebHook) -> tuple[str, str] | None:
    """What somebody on the way to the endpoint can do, as path and message; a loopback address has no way."""
    if is_loopback(webhook.url):
        return None
    credentials = [name for name in webhook.http_headers if carries_credential(name)]
    if not isinstance(webhook.http_auth, Unauthenticated):
        credentials.insert(0, "httpAuth")
    if not is_encrypted(webhook.url):
        harm = f"http is not encrypted: anybody on the way can read {_shown(credentials)}"
        return ("url", f"{harm}; use https") if credentials else None
    if webhook.allow_invalid_certs and not isinstance(webhook.signature_key, NoSecret):
        credentials.append("the signature")
    if not webhook.allow_invalid_certs or not credentials:
        return None
    harm = f"lets anybody on the way pose as the endpoint and receive {_shown(credentials)}"
    return "allowInvalidCerts", f"{harm}; give the endpoint a certificate that can be verified"


def _shown(names: Sequence[str]) -> str:
    shown = ", ".join(names[:NAMES_SHOWN_MAX])
    more = len(names) - NAMES_SHOWN_MAX
    return f"{shown} and {more} more" if more > 0 else shown

"""The query parameter that names event types."""

from typing import Final

from bellwire.model.event import EventTypeId
from bellwire.model.event_type import Catalogue
from bellwire.rules.suggesting import quoted
from bellwire.web.parameters import UNKNOWN_TOLD_MAX, Parameters, RepeatedParameter, did_you_mean

TYPE: Final = RepeatedParameter(
    "type", "Only events of this type; a present and a former name mean the same.", examples=(["auth.success"],)
)


def read_types(parameters: Parameters, catalogue: Catalogue) -> frozenset[EventTypeId] | None:
    """Every name, present or former, of the types that TYPE names; None: it is not given."""
    named = [EventTypeId(name) for name in parameters.read_all(TYPE)]
    unknown = [name for name in named if name not in catalogue]
    for name in unknown[:UNKNOWN_TOLD_MAX]:
        remedy = did_you_mean(name, catalogue.ids()) or "GET /v1/event-types lists them"
        parameters.fault("type", f"{quoted(name)} is not an event type; {remedy}")
    present = {present for name in named for present in catalogue.present_names(name)}
    return frozenset(name for one in present for name in catalogue.all_names(one)) if named else None

"""The variable parts of the API's paths."""

from typing import Any, Final

import msgspec

from bellwire.model.credentials import NAME_LENGTH_MAX
from bellwire.model.event import EVENT_ID_LENGTH_MAX
from bellwire.model.event_type import TYPE_ID_LENGTH_MAX
from bellwire.model.source import SOURCE_NAME_LENGTH_MAX


class PathPart(msgspec.Struct, frozen=True, kw_only=True):
    """A variable part of a path, the same in every path that has it."""

    description: str
    example: str
    length_max: int | None = None

    def described(self, name: str) -> dict[str, Any]:
        """The OpenAPI parameter."""
        length = {} if self.length_max is None else {"maxLength": self.length_max}
        return {
            "name": name,
            "in": "path",
            "required": True,
            "description": self.description,
            "schema": {"type": "string", "minLength": 1, **length},
            "example": self.example,
        }


PATH_PARTS: Final = {
    "webhook_id": PathPart(
        description="The id that the server gave the webhook.", example="019786a1-7c7e-7d5c-9d8f-3f1c5a1d2b3e"
    ),
    "event_id": PathPart(description="The id of the event.", example="order-7", length_max=EVENT_ID_LENGTH_MAX),
    "source_name": PathPart(description="The name of the source.", example="mail", length_max=SOURCE_NAME_LENGTH_MAX),
    "attempt_id": PathPart(description="The id of the attempt.", example="019786a2-11aa-7000-8000-6f6e6c7920aa"),
    "replay_id": PathPart(
        description="The id that the server gave the replay.", example="019786a3-2bbb-7000-8000-000000000001"
    ),
    "type_id": PathPart(description="The id of the event type.", example="auth.success", length_max=TYPE_ID_LENGTH_MAX),
    "token_name": PathPart(description="The name of the token.", example="shop", length_max=NAME_LENGTH_MAX),
    "person_name": PathPart(description="The name of the person.", example="nadia", length_max=NAME_LENGTH_MAX),
    "session_id": PathPart(description="The id of the session.", example="019786a4-2b6c-7aaa-8f00-5d1c6b7a8f90"),
}

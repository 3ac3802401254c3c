"""Examples of WebHook objects, as they are written and as they are answered."""

from typing import Any, Final

from bellwire.model.secret import Value
from bellwire.model.webhook import WebHook
from bellwire.rules.presenting import present_webhook
from bellwire.web.operation import Example
from bellwire.web.schemas.webhooks import EXAMPLE_ID

_TIME: Final = "2026-01-31T08:00:00.000Z"

PAGE_OBJECT: Final[dict[str, Any]] = {
    "url": "https://example.com/webhook",
    "events": ["auth.success", "store.ingest"],
    "eventsPolicy": "include",
    "timeout": "30s",
    "throttle": "1s",
    "signatureKey": {"@type": "Value", "secret": "my-secret-key"},
    "httpHeaders": {"X-My-Header": "my-value"},
    "httpAuth": {
        "@type": "Basic",
        "username": "account",
        "secret": {"@type": "Value", "secret": "password"},
    },
    "allowInvalidCerts": False,
    "enable": True,
}
"""The example of the documentation page that the object comes from."""

_CHECKED: Final = present_webhook(
    WebHook(url="https://hooks.example.com/in", name="hooks.example.com", signature_key=Value("secret-passphrase"))
)
SHOWN_EXAMPLE: Final[dict[str, Any]] = {"id": EXAMPLE_ID} | _CHECKED | {"createdAt": _TIME, "updatedAt": _TIME}
CHECKED_EXAMPLE: Final = _CHECKED | {"warnings": [], "eventTypes": 412}
EDITED_EXAMPLE: Final = SHOWN_EXAMPLE | {"warnings": []}
_RECEIVER_KEY: Final = "whsec_c2VjcmV0LXBhc3NwaHJhc2U="
CREATED_EXAMPLE: Final = EDITED_EXAMPLE | {"receiverKey": _RECEIVER_KEY}
ROTATED_EXAMPLE: Final = SHOWN_EXAMPLE | {"receiverKey": _RECEIVER_KEY, "previousKeyUntil": "2026-02-01T08:00:00.000Z"}

WRITTEN_EXAMPLES: Final = {
    "page": Example(summary="Two types, signed, with a password", value=PAGE_OBJECT),
    "least": Example(summary="Every event of level info and above", value={"url": "https://hooks.example.com/in"}),
}
PATCH_EXAMPLES: Final = {
    "disable": Example(summary="Disable it", value={"enable": False}),
    "slower": Example(summary="Slower, and the default timeout", value={"throttle": "10s", "timeout": None}),
}

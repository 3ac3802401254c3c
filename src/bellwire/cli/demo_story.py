"""What happens in the demo: the webhook, the events, and what should come of each."""

from typing import Any, Final

import msgspec

SECRET: Final = "my-secret-key"  # noqa: S105 - the secret of the documentation's example
PATH: Final = "/bellwire-demo"
"""The endpoint's path, by which the demo knows its webhook again."""


class Happening(msgspec.Struct, frozen=True, kw_only=True):
    """One event of the demo. words: what happened; wanted: whether the webhook should get it; because: why."""

    words: str
    type: str
    wanted: bool
    because: str
    data: dict[str, Any]


NOT_LISTED: Final = "not in the list"

HAPPENINGS: Final = (
    Happening(
        words="nadia signs in",
        type="auth.success",
        wanted=True,
        because="in the list",
        data={"accountName": "nadia@harbour.example", "accountId": 14, "remoteIp": "203.0.113.24"},
    ),
    Happening(
        words="a stranger guesses a password",
        type="auth.failed",
        wanted=False,
        because=NOT_LISTED,
        data={"accountName": "admin@harbour.example", "remoteIp": "198.51.100.77"},
    ),
    Happening(
        words="a mail server says hello",
        type="smtp.ehlo",
        wanted=False,
        because=NOT_LISTED,
        data={"domain": "out7.kestrelmail.example", "remoteIp": "192.0.2.61"},
    ),
    Happening(
        words="its message is stored",
        type="store.ingest",
        wanted=True,
        because="in the list",
        data={"accountId": 14, "from": "news@kestrelmail.example", "size": 18960},
    ),
    Happening(
        words="so is a second one",
        type="message-ingest.ham",
        wanted=True,
        because="in the list by its former name, store.ingest",
        data={"accountId": 14, "from": "orders@tidewater.example", "size": 4210},
    ),
    Happening(
        words="nadia's answer leaves",
        type="delivery.completed",
        wanted=False,
        because=NOT_LISTED,
        data={"from": "nadia@harbour.example", "to": ["orders@tidewater.example"], "size": 2890},
    ),
)


EXAMPLE: Final = """\
{
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
    "secret": {"@type": "Value", "secret": "password"}
  },
  "allowInvalidCerts": false,
  "enable": true
}
"""
"""The example of the documentation page."""


def example_webhook(url: str) -> str:
    """The example with this URL in place of its own."""
    return EXAMPLE.replace("https://example.com/webhook", url)

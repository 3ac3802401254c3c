"""For each page the commands and calls that do the same: one entry for every route that can be opened."""

from collections.abc import Mapping
from typing import Final

from bellwire.web.pages import people, sources, tokens
from bellwire.web.pages.equivalent import Equivalent, same
from bellwire.web.pages.visit import WEBHOOKS

_WEBHOOK: Final = WEBHOOKS + "/{webhook_id}"
_TOKEN: Final = tokens.LIST + "/{token_name}"
_PERSON: Final = people.LIST + "/{person_name}"
_SOURCE: Final = sources.LIST + "/{source_name}"
_FILE: Final = "@hook.json"

_SHOW_WEBHOOK: Final = same("GET /v1/webhooks/{webhook_id}", "webhook show {webhook_id}")
_CREATE_WEBHOOK: Final = same("POST /v1/webhooks", "webhook create hook.json", body=_FILE)
_SOURCE_FILE: Final = "@source.json"
_REPLAY: Final = '{"reason": "expired", "since": "1d"}'

EQUIVALENTS: Final[Mapping[str, tuple[Equivalent, ...]]] = {
    "/": (same("GET /v1/status", "status"), same("GET /v1/webhooks", "webhook list")),
    WEBHOOKS: (same("GET /v1/webhooks", "webhook list"),),
    WEBHOOKS + "/new": (
        _CREATE_WEBHOOK,
        same("POST /v1/webhooks?validate=true", "webhook validate hook.json", title="Look at it only", body=_FILE),
    ),
    _WEBHOOK: (
        same("GET /v1/webhooks/{webhook_id}/status", "webhook status {webhook_id}"),
        same("GET /v1/webhooks/{webhook_id}/account", "webhook account {webhook_id}"),
        same("GET /v1/webhooks/{webhook_id}/series", "figures --webhook {webhook_id}"),
        _SHOW_WEBHOOK,
        same("POST /v1/webhooks/{webhook_id}/test", "webhook test {webhook_id}"),
        same("POST /v1/webhooks/{webhook_id}/pause", "webhook pause {webhook_id}"),
        same("POST /v1/webhooks/{webhook_id}/resume", "webhook resume {webhook_id}"),
        same("PATCH /v1/webhooks/{webhook_id}", "webhook enable {webhook_id}", title="Enable", body='{"enable": true}'),
    ),
    _WEBHOOK + "/edit": (
        _SHOW_WEBHOOK,
        same("PUT /v1/webhooks/{webhook_id}", "webhook update {webhook_id} hook.json", body=_FILE),
        same("PATCH /v1/webhooks/{webhook_id}", "webhook edit {webhook_id}", body='{"timeout": "10s"}'),
    ),
    _WEBHOOK + "/duplicate": (_SHOW_WEBHOOK, _CREATE_WEBHOOK),
    _WEBHOOK + "/attempts": (same("GET /v1/attempts?webhook={webhook_id}", "attempts --webhook {webhook_id}"),),
    _WEBHOOK + "/dead-letters": (
        same("GET /v1/dead-letters?webhook={webhook_id}", "dead-letters --webhook {webhook_id}", filters=("reason",)),
    ),
    _WEBHOOK + "/verify": (
        same(command="verify --secret SECRET --signature X-SIGNATURE body.json", title="Check a signature"),
    ),
    _WEBHOOK + "/rotate-key": (same("POST /v1/webhooks/{webhook_id}/rotate-key", "webhook rotate-key {webhook_id}"),),
    _WEBHOOK + "/disable": (
        same(
            "PATCH /v1/webhooks/{webhook_id}", "webhook disable {webhook_id}", title="Disable", body='{"enable": false}'
        ),
    ),
    _WEBHOOK + "/delete": (same("DELETE /v1/webhooks/{webhook_id}", "webhook delete {webhook_id}"),),
    _WEBHOOK + "/replay": (
        same(
            "POST /v1/webhooks/{webhook_id}/replays",
            "replay create {webhook_id} --reason expired --since 1d",
            body=_REPLAY,
        ),
        same(
            "POST /v1/webhooks/{webhook_id}/replays?preview=true",
            "replay create {webhook_id} --reason expired --since 1d --preview",
            title="Count only what it would deliver",
            body=_REPLAY,
        ),
    ),
    _WEBHOOK + "/history": (same("GET /v1/webhooks/{webhook_id}/changes", "webhook changes {webhook_id}"),),
    _WEBHOOK + "/check": (same("POST /v1/webhooks/{webhook_id}/check", "webhook check {webhook_id}"),),
    "/replays/new": (same("GET /v1/webhooks", "webhook list", title="Find the webhook's id"),),
    "/replays/{replay_id}": (
        same("GET /v1/replays/{replay_id}", "replay show {replay_id}"),
        same(
            "PATCH /v1/replays/{replay_id}", "replay set-rate {replay_id} 10", title="Set its rate", body='{"rate": 10}'
        ),
    ),
    "/replays": (
        same("GET /v1/replays", "replay list"),
        same("PATCH /v1/replays/{replay_id}", "replay pause {replay_id}", title="Pause one", body='{"paused": true}'),
        same("PATCH /v1/replays/{replay_id}", "replay resume {replay_id}", title="Go on", body='{"paused": false}'),
        same("DELETE /v1/replays/{replay_id}", "replay cancel {replay_id}"),
    ),
    "/events": (same("GET /v1/events", "events", filters=("type", "where", "webhook", "since", "until")),),
    "/events/{event_id:path}": (
        same("GET /v1/events/{event_id}"),
        same("GET /v1/events/{event_id}/why", "why {event_id}"),
    ),
    "/publish": (
        same(
            "POST /v1/events",
            "emit auth.success accountName=nadia",
            body='{"type": "auth.success", "data": {"accountName": "nadia"}}',
        ),
    ),
    "/deadlines": (same("GET /v1/webhooks", "webhook list"), same("GET /v1/status", "status")),
    "/tail": (same("GET /v1/live?show=events", "tail --show events", filters=("type", "level", "webhook")),),
    "/attempts": (same("GET /v1/attempts", "attempts"),),
    "/attempts/{attempt_id}": (same("GET /v1/attempts/{attempt_id}"),),
    "/attempts/{attempt_id}/replay": (
        same("GET /v1/attempts/{attempt_id}"),
        same(command="replay create WEBHOOK --event ID", title="Deliver its events again"),
    ),
    "/dead-letters": (same("GET /v1/dead-letters", "dead-letters", filters=("reason", "type", "since", "until")),),
    "/dead-letters/replay": (
        same("GET /v1/dead-letters", "dead-letters", filters=("reason", "type", "since", "until")),
        same(command="replay create WEBHOOK --reason expired", title="Deliver those of a webhook again"),
    ),
    "/event-types": (
        same("GET /v1/event-types", "event-types", filters={"q": "text", "group": "group"}),
        same(
            "PUT /v1/event-types/{type_id}",
            "event-type declare {type_id}",
            title="Declare a type of your own",
            body='{"level": "info", "description": "An order was paid."}',
        ),
    ),
    "/event-types/{type_id}": (
        same("GET /v1/event-types/{type_id}", "event-type show {type_id}"),
        same(
            "PUT /v1/event-types/{type_id}",
            "event-type level {type_id} warn",
            title="Set its level",
            body='{"level": "warn"}',
        ),
    ),
    tokens.LIST: (same("GET /v1/tokens", "token list"),),
    tokens.LIST + "/new": (
        same("POST /v1/tokens", "token create shop --scope publish", body='{"name": "shop", "scopes": ["publish"]}'),
    ),
    _TOKEN: (same("GET /v1/tokens/{token_name}"),),
    _TOKEN + "/rotate": (same("POST /v1/tokens/{token_name}/rotate", "token rotate {token_name}"),),
    _TOKEN + "/revoke": (same("DELETE /v1/tokens/{token_name}", "token revoke {token_name}"),),
    people.LIST: (same("GET /v1/people", "person list"),),
    people.LIST + "/new": (
        same(
            "POST /v1/people",
            "person add nadia --scope read",
            body='{"name": "nadia", "password": "PASSWORD", "scopes": ["read"]}',
        ),
    ),
    _PERSON: (
        same("GET /v1/people/{person_name}"),
        same(
            "PATCH /v1/people/{person_name}",
            "person set-scopes {person_name} --scope read",
            title="Set what they may do",
            body='{"scopes": ["read"]}',
        ),
        same("POST /v1/login-links", "login-link --person {person_name}", body='{"person": "{person_name}"}'),
    ),
    _PERSON + "/remove": (same("DELETE /v1/people/{person_name}", "person remove {person_name}"),),
    "/sessions": (same("GET /v1/sessions", "session list"), same("DELETE /v1/sessions/{session_id}", "session end ID")),
    "/account": (
        same(
            "POST /v1/password",
            "person change-password NAME",
            body='{"name": "NAME", "password": "OLD", "newPassword": "NEW"}',
        ),
        same("GET /v1/sessions", "session list"),
    ),
    "/audit": (same("GET /v1/audit", "audit list", filters=("by", "object", "action", "since", "until")),),
    sources.LIST: (same("GET /v1/sources", "source list"),),
    sources.LIST + "/new": (same("POST /v1/sources", "source create mail --make-key", body=_SOURCE_FILE),),
    _SOURCE: (same("GET /v1/sources/{source_name}", "source show {source_name}"),),
    _SOURCE + "/edit": (same("PUT /v1/sources/{source_name}", body=_SOURCE_FILE),),
    _SOURCE + "/rotate": (same("PUT /v1/sources/{source_name}", body=_SOURCE_FILE),),
    _SOURCE + "/delete": (same("DELETE /v1/sources/{source_name}", "source delete {source_name}"),),
    "/settings/telemetry/metrics": (same("GET /metrics"), same("GET /v1/series", "figures")),
    "/receiver": (same(command="receive", title="Receive requests and check their signatures"),),
    "/search": (
        same("GET /v1/webhooks", "webhook list"),
        same("GET /v1/event-types", "event-types", filters={"q": "text"}),
    ),
    "/about": (same("GET /v1/status", "status"), same(command="config", title="Show the settings in force")),
}
"""By the path in the table of pages. A page that can be opened and has no entry fails tests/tidy."""

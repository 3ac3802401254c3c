"""Secrets of every kind are put in everywhere, all that Bellwire says and keeps is gathered; none is found in it."""

import base64
import contextlib
import html
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import apsw
import httpx
import pytest

from cli.conftest import Program
from journeys.site import WAIT_S_MAX, Site, event
from receivers import Connection, Receiver

MARKER: Final = "s3cr3t"
VARIABLE: Final = f"{MARKER}-of-the-environment"
FILE: Final = f"{MARKER}-of-a-file"
KEY: Final = f'{MARKER} of <the> "key"/ö'
OTHER_KEY: Final = "whsec_" + base64.b64encode(f"{MARKER}-of-32-bytes-of-a-key-0123".encode()).decode()
PASSWORD: Final = f"{MARKER}-of-basic"
TOKEN: Final = f"{MARKER}-of-bearer"
HEADER: Final = "value-of-a-header"
API_KEY: Final = f"{MARKER}-of-another"
FORMS: Final = tuple(
    form.encode()
    for secret in (MARKER, HEADER, OTHER_KEY, f"account:{PASSWORD}", PASSWORD, TOKEN)
    for form in (secret, base64.b64encode(secret.encode()).decode().rstrip("=")[:-1], secret.encode().hex())
)
"""In clear, as base64 and as hexadecimal digits."""

SHOWING: Final = re.compile(r"GET webhooks(?:/[^/]+)?$|webhook show|validate|test$|webhook test|page for a writer")
PERSONS: Final = f"{MARKER}-of-a-person"
NEW_PERSONS: Final = f"{MARKER}-of-a-person-anew"
LINK: Final = re.compile(r'(?:href|hx-get)="(/[^"#]*)')
PAGES_MAX: Final = 150


class Gathered:
    """What was said where; every piece is looked through when all is in."""

    def __init__(self) -> None:
        self._said: list[tuple[str, bytes]] = []
        self._forms = [*FORMS]

    def add(self, where: str, what: str | bytes) -> None:
        self._said.append((where, what.encode() if isinstance(what, str) else what))

    def watch(self, secret: str) -> None:
        """Look for a secret too that was made by Bellwire and told once, to whom it is for."""
        self._forms += [secret.encode(), base64.b64encode(secret.encode()).rstrip(b"=")[:-1]]

    def leaks(self) -> list[tuple[str, bytes]]:
        """Who may write webhooks sees the values of headers that are no credentials, where webhooks are shown."""
        assert len(self._said) > 40
        return [
            (where, what[max(0, at - 80) : at + 80])
            for where, what in self._said
            for form in self._forms
            if (at := what.find(form)) >= 0 and (form != HEADER.encode() or not SHOWING.match(where))
        ]


def echoing(receiver: Receiver, status: int) -> None:
    """Answer with all that came and with the key, in several forms, in header and body."""

    def echo(connection: Connection) -> None:
        request = receiver.requests[-1]
        values = [value for name, value in request.headers if not name.lower().startswith(("content-", "webhook-"))]
        keys = {"x-api-key": KEY, "x-trace": OTHER_KEY}
        known = [keys[name.lower()] for name, _ in request.headers if name.lower() in keys]
        decoded = [base64.b64decode(value[6:]).decode() for value in values if value.startswith("Basic ")]
        said = [*values, *decoded, *known]
        body = "\n".join([*said, json.dumps(said), html.escape(" ".join(said))]).encode()
        lines = [f"X-Echo-{number}: {value}" for number, value in enumerate(said)]
        location = f"Location: /?{'&'.join(said)}"
        head = "\r\n".join([f"HTTP/1.1 {status} Echo", location, f"Content-Length: {len(body)}", *lines, "", ""])
        connection.send(head.encode(), body)

    receiver.answer_with(echo)


@pytest.fixture
def secret_file(tmp_path: Path) -> Path:
    file = tmp_path / "hook.key"
    file.write_text(FILE + "\n")
    return file


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[Site, Program]]:
    with contextlib.closing(Site(tmp_path / "data")) as site:
        yield site, site.start(HOOK_KEY=VARIABLE, BELLWIRE_LOG_LEVEL="debug")


def objects(url: str, file: Path) -> list[dict[str, Any]]:
    """A webhook for each way to name a secret."""
    named: dict[str, Any] = {
        "signatureKey": {"@type": "File", "filePath": str(file)},
        "httpAuth": {
            "@type": "Bearer",
            "bearerToken": {"@type": "EnvironmentVariable", "variableName": "HOOK_KEY"},
        },
    }
    basic: dict[str, Any] = {
        "signatureKey": {"@type": "Value", "secret": KEY},
        "httpAuth": {"@type": "Basic", "username": "account", "secret": PASSWORD},
        "httpHeaders": {"X-Api-Key": API_KEY, "X-Colour": HEADER},
    }
    bearer: dict[str, Any] = {
        "signatureKey": {"@type": "Value", "secret": OTHER_KEY},
        "httpAuth": {"@type": "Bearer", "bearerToken": {"@type": "Value", "secret": TOKEN}},
        "httpHeaders": {"X-Trace": HEADER},
    }
    own_header = {"httpHeaders": {"Authorization": f"Bearer {TOKEN}", "Cookie": f"session={API_KEY}"}}
    rest = {"url": url, "throttle": 0, "discardAfter": "1d"}
    return [rest | {"name": f"hook {number}"} | each for number, each in enumerate((named, basic, bearer, own_header))]


WRONG: Final[tuple[tuple[str, Any], ...]] = (
    ("POST", {"url": f"https://account:{MARKER}@a.example/", "signatureKey": KEY}),
    ("POST", {"url": f"https://a.example/#{MARKER}"}),
    ("POST", {"url": f"https://a.example/in?token={MARKER} "}),
    ("POST", {"url": "https://a.example", "signatureKey": {"@type": "Value", "secrt": KEY}}),
    ("POST", {"url": "https://a.example", "signatureKey": {"@type": "Value", "secret": f"whsec_{MARKER}!"}}),
    ("POST", {"url": "https://a.example", "signatureKey": {"secret": KEY}}),
    ("POST", {"url": "https://a.example", "signatureKey": {"@type": "Value", "secret": [KEY]}}),
    ("POST", {"url": "https://a.example", "signatureKey": {"@type": "File", "filePath": MARKER}}),
    ("POST", {"url": "https://a.example", "signatureKey": {"@type": "EnvironmentVariable", "variableName": KEY}}),
    ("POST", {"url": "https://a.example", "httpAuth": {"@type": "Basic", "username": "a:b", "secret": PASSWORD}}),
    ("POST", {"url": "https://a.example", "httpAuth": {"@type": "Basic", "username": "a", "secret": "\x00" + MARKER}}),
    ("POST", {"url": "https://a.example", "httpAuth": {"@type": "Bearer", "bearerToken": f"two {MARKER}"}}),
    ("POST", {"url": "https://a.example", "httpAuth": f"Bearer {TOKEN}"}),
    ("POST", {"url": "https://a.example", "httpHeaders": {"X-A": f"{HEADER}\r\nX-B: 1"}}),
    ("POST", {"url": "https://a.example", "httpHeaders": {"X-A": [HEADER], "Host": HEADER, "webhook-id": HEADER}}),
    ("POST", {"url": "https://a.example", "httpHeaders": f"X-A: {HEADER}"}),
    ("POST", {"url": "https://a.example", "httpHeaders": {"X-A": HEADER * 1_000}}),
    ("PATCH", {"httpHeaders": {"X-A": f"{HEADER}\n"}, "signatureKey": {"secret": ""}, "level": "loud"}),
    ("PATCH", {"signatureKey": {"@type": "Value", "secret": OTHER_KEY + "="}}),
)


def ask_api(api: httpx.Client, ids: list[str], gathered: Gathered) -> None:
    """All that can be read, and all that is refused."""
    paths = ["sources", "sources/mail", "status", "webhooks", "attempts", "dead-letters", "events"]
    paths += [f"webhooks/{each}{rest}" for each in ids for rest in ("", "/status", "/account")]
    for attempt in api.get("/v1/attempts").json()["items"]:
        paths.append(f"attempts/{attempt['id']}")
    for path in paths:
        answer = api.get(f"/v1/{path}")
        assert answer.status_code == 200, (path, answer.text)
        gathered.add(f"GET {path}", answer.text + str(answer.headers))
    for webhook_id in ids:
        gathered.add("test", api.post(f"/v1/webhooks/{webhook_id}/test").text)
        gathered.add("pause", api.post(f"/v1/webhooks/{webhook_id}/pause").text)
    for method, document in WRONG:
        answer = api.request(method, "/v1/webhooks" if method == "POST" else f"/v1/webhooks/{ids[1]}", json=document)
        assert answer.status_code in {400, 422}, answer.text
        gathered.add(f"{method} {document}"[:60], answer.text)
    cut = api.post("/v1/webhooks", content=f'{{"signatureKey": "{MARKER}', headers={"Content-Type": "application/json"})
    gathered.add("cut JSON", cut.text)
    sound = {"url": "https://a.example", "signatureKey": None}
    shown = api.post("/v1/webhooks", params={"validate": "true"}, json=sound | {"httpHeaders": {"X-Secret": MARKER}})
    assert shown.status_code == 200, shown.text
    gathered.add("validate", shown.text)
    wrong_token = api.get("/v1/status", headers={"Authorization": f"Bearer {MARKER}"})
    gathered.add("another token", wrong_token.text)


def let_in(api: httpx.Client, gathered: Gathered) -> dict[str, httpx.Client]:
    """Browsers of somebody who reads and of somebody who writes; all that lets them in is watched."""
    made = api.post("/v1/tokens", json={"name": "shop", "scopes": ["publish", "read"]}).json()["token"]
    gathered.watch(made)
    by_token = httpx.Client(base_url=api.base_url, headers={"Authorization": f"Bearer {made}"}, trust_env=False)
    with by_token:
        gathered.add("another's status", by_token.get("/v1/status").text)
        gathered.add("forbidden", by_token.get("/v1/tokens").text)
    browsers: dict[str, httpx.Client] = {}
    for name, scope in (("rita", "read"), ("will", "write")):
        person = {"name": name, "scopes": [scope], "password": PERSONS}
        gathered.add("person", api.post("/v1/people", json=person).text)
        browser = httpx.Client(
            base_url=api.base_url, headers={"Accept": "text/html"}, timeout=WAIT_S_MAX, trust_env=False
        )
        slip = browser.post("/sign-in", data={"name": PERSONS, "password": NEW_PERSONS})
        assert slip.status_code == 403, slip.text  # a password in the name's place, which that very page repeats
        answer = browser.post("/sign-in", data={"name": name, "password": PERSONS})
        assert answer.status_code == 303, answer.text
        change = {"name": name, "password": PERSONS, "newPassword": NEW_PERSONS}
        changed = browser.post("/v1/password", json=change)
        assert changed.status_code == 204, changed.text
        gathered.add("wrong", browser.post("/v1/password", json=change).text)
        gathered.watch(browser.cookies["bellwire"])
        browsers[scope] = browser
    link = api.post("/v1/login-links", json={"person": "rita"}).json()["path"]
    gathered.watch(link.partition("code=")[2])
    with httpx.Client(base_url=api.base_url, timeout=WAIT_S_MAX, trust_env=False) as used:
        assert used.post("/sign-in/link", data={"code": link.partition("code=")[2]}).status_code == 303
        gathered.watch(used.cookies["bellwire"])
    unused = api.post("/v1/login-links").json()["path"]
    gathered.watch(unused.partition("code=")[2])
    return browsers


def visit_pages(browser: httpx.Client, where: str, gathered: Gathered) -> set[str]:
    """Every page that links lead to; of the many event types only those that are listed as seen."""
    seen: set[str] = set()
    waiting = ["/"]
    while waiting and len(seen) < PAGES_MAX:
        address = waiting.pop()
        if address in seen or address.startswith(("/static/", "/event-types/")):
            continue
        seen.add(address)
        answer = browser.get(address)
        assert answer.status_code == 200, (address, answer.status_code)
        gathered.add(f"{where}: {address}", answer.text + str(answer.headers))
        waiting += [html.unescape(link) for link in LINK.findall(answer.text)]
    return seen


def send_forms(browser: httpx.Client, ids: list[str], gathered: Gathered) -> None:
    """What the forms of a webhook show when they are sent, with their secrets in them."""
    for webhook_id in ids:
        at = f"/settings/telemetry/webhooks/{webhook_id}"
        form = browser.get(f"{at}/edit").text
        token = form.partition('name="csrf_token" value="')[2].partition('"')[0]
        fields = {
            "csrf_token": token,
            "id": webhook_id,
            "url": "https://127.0.0.1:9/in",
            "name": "n",
            "signatureKey": "Value",
            "signatureKey.secret": KEY,
            "httpAuth": "Bearer",
            "httpAuth.bearerToken": "Value",
            "httpAuth.bearerToken.secret": TOKEN,
        }
        for path in ("preview", "test"):
            answer = browser.post(
                f"/settings/telemetry/webhooks/{path}", data=fields, headers={"HX-Request-Type": "partial"}
            )
            assert answer.status_code == 200, answer.text
            gathered.add(f"page for a writer: {path}", answer.text)
        tested = browser.post(f"{at}/test", data={"csrf_token": token})
        assert tested.status_code == 200, tested.text
        gathered.add("page for a writer: the test of one", tested.text)


def use_all(api: httpx.Client, ids: list[str], gathered: Gathered) -> None:
    """Replays, checks and what is written down of all this."""
    for webhook_id in ids:
        begun = api.post(f"/v1/webhooks/{webhook_id}/replays", json={"fromPosition": 1})
        assert begun.status_code == 201, begun.text
        gathered.add("replay", begun.text)
        gathered.add("replay read", api.get(f"/v1/replays/{begun.json()['id']}").text)
        checked = api.post(f"/v1/webhooks/{webhook_id}/check")
        assert checked.status_code == 200, checked.text
        gathered.add("check", checked.text)
        gathered.add("changes", api.get(f"/v1/webhooks/{webhook_id}/changes").text)
    for headers in (
        {"X-Signature": MARKER},
        {"Authorization": f"Bearer {MARKER}"},
        {"Authorization": f"Bearer {TOKEN}"},
    ):
        answer = api.post("/v1/sources/mail", content=b'{"events":[]}', headers={"Authorization": "", **headers})
        assert answer.status_code == 403, answer.text
        gathered.add("source", answer.text)
    for path in ("audit", "replays", "tokens", "people", "sessions", "sources", "sources/mail", "events"):
        answer = api.get(f"/v1/{path}", params={} if "/" in path else {"limit": 1000})
        assert answer.status_code == 200, (path, answer.text)
        gathered.add(f"GET {path}", answer.text)
    told = api.get("/v1/events", params={"type": "bellwire.auth-failed"}).json()["items"]
    assert told, "own events are among what is looked through"
    actions = {entry["action"] for entry in api.get("/v1/audit", params={"limit": 1000}).json()["items"]}
    assert {"replay.create", "token.create", "person.change", "session.begin", "login-link.make"} <= actions


def ask_program(site: Site, ids: list[str], gathered: Gathered) -> None:
    """What the commands show."""
    lines = [["webhook", "list"], ["attempts"], ["dead-letters"], ["status"], ["config"], ["events"]]
    lines += [["audit", "list"], ["token", "list"], ["person", "list"], ["session", "list"], ["source", "list"]]
    lines += [["webhook", verb, each] for each in ids for verb in ("show", "status", "test")]
    for line in lines:
        told = site.bellwire(*line)
        gathered.add(" ".join(line), told.out + told.err)


def test_no_secret_is_found_in_anything_that_bellwire_says_or_keeps(
    server: tuple[Site, Program], receiver: Receiver, secret_file: Path, tmp_path: Path
) -> None:
    site, program = server
    gathered = Gathered()
    echoing(receiver, 302)
    with site.api() as api:
        relayed = {
            "signatureKey": {"@type": "Value", "secret": KEY},
            "httpAuth": {"@type": "Bearer", "bearerToken": TOKEN},
        }
        assert api.put("/v1/sources/mail", json=relayed).status_code in {200, 201}
    ids = [site.register(each) for each in objects(receiver.url, secret_file)]
    site.publish(event("auth.success", account="one"))
    for webhook_id in ids:
        site.wait_status(webhook_id, lambda status: status["lastFailure"] is not None)
    echoing(receiver, 200)
    with site.api() as api:
        for webhook_id in ids:
            api.post(f"/v1/webhooks/{webhook_id}/resume")
            site.wait_status(webhook_id, lambda status: status["delivered"] == 1)
        sent = " ".join(value for request in receiver.requests for _, value in request.headers)
        assert all(secret in sent for secret in (VARIABLE, TOKEN, HEADER, API_KEY))
        ask_api(api, ids, gathered)
        browsers = let_in(api, gathered)
        use_all(api, ids, gathered)
        seen = visit_pages(browsers["read"], "page for a reader", gathered)
        assert {f"/settings/telemetry/webhooks/{each}/attempts" for each in ids} <= seen
        visit_pages(browsers["write"], "page for a writer", gathered)
        send_forms(browsers["write"], ids, gathered)
        for browser in browsers.values():
            browser.close()
        ask_program(site, ids, gathered)
        api.patch(f"/v1/webhooks/{ids[1]}", json={"signatureKey": {"secret": f"{MARKER}-anew"}})
        api.delete(f"/v1/webhooks/{ids[2]}")
    backup = tmp_path / "data" / "backup.db"
    with (
        contextlib.closing(apsw.Connection(str(backup))) as copy,
        contextlib.closing(apsw.Connection(str(tmp_path / "data" / "bellwire.db"))) as source,
        copy.backup("main", source, "main") as work,
    ):
        work.step()
    gather_files(site.folder, gathered)
    site.stop()
    gather_files(site.folder, gathered)
    gathered.add("log", "\n".join(program.errors))
    gathered.add("standard output", program.rest)
    assert any("delivered" in line for line in program.errors)
    assert gathered.leaks() == []


def gather_files(folder: Path, gathered: Gathered) -> None:
    names = sorted(file.name for file in folder.iterdir())
    assert {"bellwire.db", "backup.db", "secrets.key"} <= set(names)
    for name in names:
        gathered.add(name, (folder / name).read_bytes())

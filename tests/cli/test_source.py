from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from cli.conftest import Served

EVENTS = b'{"events":[{"id":"1","createdAt":"2026-11-24T15:26:41Z","type":"auth.failed","data":{}}]}'


@pytest.fixture(autouse=True)
def no_sources_are_left(served: Served) -> Iterator[None]:
    yield
    for source in served.right("source", "list", "--json").items():
        served.right("source", "delete", "--yes", str(source["name"]))


def test_a_source_is_created_with_a_key_that_is_shown_once_beside_what_to_enter(served: Served) -> None:
    told = served.right("source", "create", "mail", "--make-key")
    assert told.out == "mail\n"
    assert "Endpoint URL   http://127.0.0.1:" in told.err
    assert "/v1/sources/mail\n" in told.err
    key = told.err.partition("Signature Key  ")[2].split()[0]
    assert len(key) == 43
    shown = served.right("source", "show", "mail", "--json")
    assert key not in shown.out
    assert '"secret": "****"' in shown.out


def test_secrets_are_named_by_variables_and_files_of_the_server(served: Served) -> None:
    told = served.right("source", "create", "mail", "--secret-env", "MAIL_KEY", "--bearer-file", "/etc/mail.token")
    assert "Signature Key  the same key as here" in told.err
    assert "Authentication  the same as here" in told.err
    assert "checks         X-Signature and Bearer" in served.right("source", "show", "mail").out


def test_a_source_is_created_from_a_file_under_the_name_of_the_command(served: Served, tmp_path: Path) -> None:
    document = tmp_path / "source.json"
    document.write_text('{"httpAuth": {"@type": "Basic", "username": "hook", "secret": "word"}, "enable": false}')
    served.right("source", "create", "mail", "--from", document)
    assert "mail, disabled" in served.right("source", "show", "mail").out
    assert "mail (disabled)" in served.right("source", "list").out
    document.write_text("{")
    told = served("source", "create", "other", "--from", document)
    assert (told.code, "not JSON" in told.err) == (1, True)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ((), "neither signatureKey nor httpAuth"),
        (("--make-key", "--allow-anyone"), "allowAnyone: contradicts"),
        (("--make-key", "--secret-env", "X"), "--make-key excludes"),
        (("--make-key", "--from", "-"), "by options, not both"),
        (("--auth-basic-user", "hook"), "needs a password"),
    ],
)
def test_what_does_not_fit_is_told_and_registers_nothing(served: Served, options: tuple[str, ...], told: str) -> None:
    answer = served("source", "create", "mail", *options)
    assert answer.code != 0
    assert told in answer.err
    assert "no source yet" in served.right("source", "list").err


def test_what_came_and_what_was_refused_is_shown(served: Served) -> None:
    url = served.right("source", "create", "open", "--allow-anyone").err.partition("Endpoint URL   ")[2].split()[0]
    with httpx.Client(trust_env=False) as upstream:
        assert upstream.post(url, content=EVENTS).status_code == 200
        assert upstream.post(url, content=EVENTS).json()["duplicates"] == 1
        assert upstream.post(url, content=b"{").status_code == 400
    shown = served.right("source", "show", "open").out
    assert "checks         nothing: anyone may publish by it" in shown
    assert "requests       3, of them 1 refused" in shown
    assert "accepted       2 events, of them 1 known already" in shown
    assert "last error     2" in shown
    (row,) = served.right("source", "list").out.splitlines()[1:]
    assert row.split()[:3] == ["open", "2", "1"]


def test_a_source_is_deleted_after_a_question(served: Served) -> None:
    served.right("source", "create", "mail", "--make-key")
    told = served("source", "delete", "mail")
    assert (told.code, "confirm it with --yes" in told.err) == (2, True)
    assert served.right("source", "delete", "mail", "--yes").out == "mail is deleted\n"
    told = served("source", "delete", "mail", "--yes")
    assert (told.code, "there is no source 'mail'" in told.err) == (1, True)

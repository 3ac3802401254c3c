import json
from pathlib import Path

import pytest

from cli.conftest import Served

URL = "http://127.0.0.1:9/hook"


def created(served: Served, *options: str) -> str:
    return served.right("webhook", "create", "--url", URL, *options).out.strip()


def test_basic_authentication_is_made_from_options(served: Served) -> None:
    webhook_id = created(served, "--auth-basic-user", "account", "--auth-secret-env", "HOOK_PASSWORD")
    shown = json.loads(served.right("webhook", "show", webhook_id).out)
    secret = {"@type": "EnvironmentVariable", "variableName": "HOOK_PASSWORD"}
    assert shown["httpAuth"] == {"@type": "Basic", "username": "account", "secret": secret}


def test_a_bearer_token_is_named_by_options(served: Served, tmp_path: Path) -> None:
    file = str(tmp_path / "token")
    webhook_id = created(served, "--bearer-file", file)
    shown = json.loads(served.right("webhook", "show", webhook_id).out)
    assert shown["httpAuth"] == {"@type": "Bearer", "bearerToken": {"@type": "File", "filePath": file}}


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--auth-basic-user", "a"), "--auth-basic-user needs a password"),
        (("--auth-secret-env", "P"), "a password needs its user"),
        (("--bearer-env", "T", "--auth-basic-user", "a"), "exclude each other"),
        (("--bearer-env", "T", "--auth-secret-file", "/p"), "exclude each other"),
        (("--bearer-env", "T", "--bearer-file", "/t"), "--bearer-env and --bearer-file exclude each other"),
        (("--auth-secret-env", "T", "--auth-secret-file", "/t"), "--auth-secret-env and --auth-secret-file exclude"),
    ],
)
def test_credentials_that_do_not_fit_are_refused(served: Served, options: tuple[str, ...], words: str) -> None:
    told = served("webhook", "create", "--url", URL, *options)
    assert (told.code, words in told.err) == (2, True), told

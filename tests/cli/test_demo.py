import base64
import hashlib
import hmac
import signal
from pathlib import Path

import httpx

from cli.conftest import Bellwire, Start


def test_the_demo_ends_well_and_leaves_nothing_behind(program: Start, tmp_path: Path) -> None:
    demo = program("demo", "--once", TMPDIR=str(tmp_path))
    assert demo.wait() == 0, (demo.rest, demo.errors)
    text = demo.rest
    assert "Everything came as it should." in text
    assert "X-My-Header: my-value" in text
    assert "Authorization: Basic YWNjb3VudDpwYXNzd29yZA==" in text
    fates = [line.split()[:2] for line in text.splitlines() if "in the list" in line]
    assert [fate for _, fate in fates].count("delivered") == 3
    assert [line for line in text.splitlines() if len(line) > 80 and str(tmp_path) not in line] == []
    assert "\x1b" not in text
    assert list(tmp_path.iterdir()) == []


def test_a_demo_that_stays_up_lets_a_browser_in_can_be_used_and_keeps_one_webhook_in_a_kept_folder(
    program: Start, bellwire: Bellwire, tmp_path: Path
) -> None:
    assert program("demo", "--once", "--data", tmp_path).wait() == 0
    demo = program("demo", "--data", tmp_path)
    link = httpx.URL(demo.line_with("/sign-in/link?code=").strip())
    answer = httpx.post(link.copy_with(query=None), data={"code": link.params["code"]}, trust_env=False)
    assert (answer.status_code, "set-cookie" in answer.headers) == (303, True)
    demo.line_with("Waiting for more requests")
    body_file = tmp_path / "demo-body.json"
    key = b"my-secret-key"
    signature = base64.b64encode(hmac.new(key, body_file.read_bytes(), hashlib.sha256).digest()).decode()
    assert bellwire("verify", "--secret", key.decode(), "--signature", signature, body_file).code == 0
    assert len(bellwire("--data", tmp_path, "webhook", "list", "--json").items()) == 1
    assert bellwire("--data", tmp_path, "emit", "auth.success", "accountName=you").code == 0
    demo.line_with("X-Signature        holds")
    assert demo.end(signal.SIGINT) == 0

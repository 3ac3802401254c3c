import threading

from cli.conftest import Served
from cli.test_webhook_actions import NOBODY, created
from receivers import Receiver, Reply


def test_a_check_is_a_line_for_each_step_and_one_for_each_advice(served: Served) -> None:
    with Receiver(Reply(status=308, headers=(("Location", "/moved"),))) as receiver:
        told = served("webhook", "check", created(served, receiver.url))
    assert told.code == 1
    lines = told.out.splitlines()
    assert any(line.split()[:2] == ["connect", "ok"] for line in lines)
    assert any(line.split()[:2] == ["redirect", "failure"] for line in lines)
    assert f"→ put this URL into the webhook: {receiver.url}/moved" in told.out


def test_a_good_endpoint_ends_with_0(served: Served) -> None:
    with Receiver() as receiver:
        told = served.right("webhook", "check", created(served, receiver.url, "--disabled"))
    assert "failure" not in told.out


def test_as_json_it_is_what_the_api_says(served: Served) -> None:
    told = served("webhook", "check", created(served, NOBODY), "--json")
    (checked,) = told.items()
    assert (told.code, checked["verdict"]) == (1, "failure")


def test_a_check_waits_as_long_as_the_webhook_does(served: Served) -> None:
    with Receiver(Reply(hold=threading.Event())) as receiver:
        told = served("webhook", "check", created(served, receiver.url, "--timeout", "300ms"))
    assert told.code == 1
    assert "raise timeout (300ms)" in told.out

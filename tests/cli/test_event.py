import signal
from pathlib import Path

from bellwire.cli.receiver import Receiver
from cli.conftest import Served, Start


def test_events_are_listed_newest_first_and_narrowed_by_type_and_time(served: Served) -> None:
    for number in range(3):
        served.right("emit", "auth.failed", f"number={number}")
    served.right("emit", "smtp.ehlo")
    rows = served.right("events", "--type", "auth.failed", "--since", "5m", "--limit", "2", "--json").items()
    assert [row["data"] for row in rows] == [{"number": 2}, {"number": 1}]
    assert (
        served.right("events", "--type", "auth.failed", "--type", "smtp.ehlo", "--limit", "1", "--json").items()[0][
            "type"
        ]
        == "smtp.ehlo"
    )
    assert '{"number":2}' in served.right("events", "--type", "auth.failed").out
    assert served("events", "--since", "2999-01-01T00:00:00Z").err == "no such events\n"


def test_events_are_found_by_their_data_and_by_what_a_webhook_wants(served: Served) -> None:
    for name in ("jane", "john"):
        served.right("emit", "auth.failed", f"accountName={name}", "accountId=14")
    served.right("emit", "auth.success", "accountName=jane")
    rows = served.right("events", "--where", "accountName=jane", "--where", "accountId = 14", "--json").items()
    assert [row["data"] for row in rows] == [{"accountName": "jane", "accountId": 14}]
    url = ("webhook", "create", "--url", "http://127.0.0.1:9/", "--disabled")
    webhook_id = served.right(*url, "--event", "auth.success").out.strip()
    rows = served.right("events", "--webhook", webhook_id, "--json").items()
    assert {row["type"] for row in rows} == {"auth.success"}
    assert "write key=value" in served("events", "--where", "jane").err
    assert "there is no webhook 'none'" in served("events", "--webhook", "none").err


def test_a_list_longer_than_a_page_is_read_page_by_page(served: Served) -> None:
    lines = b'{"type":"smtp.ehlo","data":{}}\n' * 1500
    served.right("emit", "--from", "-", stdin=lines)
    assert len(served.right("events", "--type", "smtp.ehlo", "--limit", "1200", "--json").items()) == 1200


def test_a_bad_parameter_is_told_in_a_line(served: Served) -> None:
    told = served("events", "--since", "yesterday")
    assert told.code == 1
    assert told.err.startswith("bellwire: since: 'yesterday' is no time; write ")


def test_event_types_are_listed_by_pattern_former_names_with_what_they_are_today(served: Served) -> None:
    told = served.right("event-types", "store.ingest*")
    assert "former name of message-ingest.ham" in told.out
    assert [line.split()[:2] for line in told.out.splitlines()[1:2]] == [["store.ingest", "info"]]
    assert len(served.right("event-types", "--json").items()) > 700
    assert "no event type matches 'x.*'" in served("event-types", "x.*").err


def test_event_types_are_listed_by_group_and_by_what_is_said_about_them(served: Served) -> None:
    told = served.right("event-types", "--group", "acme", "--text", "Certificate Authority", "--json").items()
    assert told
    assert all(str(row["id"]).startswith("acme.") for row in told)
    assert "did you mean auth?" in served("event-types", "--group", "auht").err
    assert served("event-types", "--text", "no such text").err == "no such event types\n"


def test_dead_letters_are_asked_for_by_the_reasons_there_are(served: Served) -> None:
    for reason in ("expired", "refused", "lossy", "disabled"):
        served.right("dead-letters", "--reason", reason, "--webhook", "none")
    told = served("dead-letters", "--reason", "lost")
    assert (told.code, "'expired', 'refused', 'lossy', 'disabled'" in told.err) == (2, True)


def test_attempts_are_listed_with_what_came_of_them(served: Served, program: Start) -> None:
    with Receiver(("127.0.0.1", 0), lambda _: None, statuses=(500, 200)) as receiver:
        webhook_id = served.right("webhook", "create", "--url", receiver.url, "--event", "auth.success").out.strip()
        follower = program("--data", served.folder, "attempts", "--webhook", webhook_id, "--follow")
        served.right("emit", "auth.success")
        assert "failed" in follower.line_with("127.0.0.1")
        assert "attempt 2" in follower.line_with("127.0.0.1")
        assert follower.end(signal.SIGINT) == 0
    first, second = served.right("attempts", "--webhook", webhook_id, "--json").items()
    assert [(row["outcome"], row["number"], row["status"]) for row in (first, second)] == [
        ("delivered", 2, 200),
        ("failed", 1, 500),
    ]
    (failure,) = served.right("attempts", "--webhook", webhook_id, "--failed", "--json").items()
    assert failure["number"] == 1
    lines = served.right("attempts", "--webhook", webhook_id).out.splitlines()
    assert lines[0].split() == ["at", "webhook", "no.", "events", "size", "took", "outcome"]
    assert lines[1].endswith("delivered: 200")


def test_status_counts_events_and_webhooks(served: Served) -> None:
    served.right("webhook", "create", "--url", "http://127.0.0.1:9/", "--disabled")
    text = served.right("status").out
    assert "webhooks           1 (1 disabled)" in text
    assert served.right("status", "--json").items()[0]["webhooks"] == 1


def test_where_there_is_nothing_lists_say_so(served: Served, tmp_path: Path) -> None:
    assert served.right("webhook", "list").err.startswith("no webhook yet")
    assert served.right("attempts", "--webhook", "none").err == "no attempts yet\n"
    assert served.right("attempts", "--webhook", "none", "--failed").err == "no attempt failed that is kept\n"
    assert served.right("dead-letters", "--webhook", "none").err == "no dead letters\n"
    assert served.bellwire("--data", tmp_path, "status").code == 1

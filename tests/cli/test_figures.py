import json

from cli.conftest import Served

URL = "http://127.0.0.1:9/hook"


def test_figures_are_shown_as_a_table_and_as_json(served: Served) -> None:
    webhook_id = served.right("webhook", "create", "--url", URL, "--event", "auth.failed").out.strip()
    served.right("emit", "auth.failed", "attempt=1")
    while not served.right("attempts", "--webhook", webhook_id, "--json").out:
        continue
    head, *rows = served.right("figures", "--webhook", webhook_id, "--since", "2m").out.splitlines()
    headings = "since accepted delivered discarded attempts failed waiting oldest p50 p95"
    assert " ".join(head.split()) == headings
    assert len(rows) == 3
    last = rows[-1].split()
    assert last[2:5] == ["-", "0", "0"]
    assert int(last[5]) == int(last[6]) >= 1
    whole = json.loads(served.right("figures", "--step", "day", "--json").out)["whole"]
    assert whole["accepted"] >= 1


def test_a_bad_time_is_refused_with_its_place(served: Served) -> None:
    told = served("figures", "--since", "3d")
    assert told.code == 1
    assert "since: there would be 4,321 spans" in told.err

import structlog

from bellwire.model.webhook import WebhookId
from bellwire.reporters.log import LogReporter


def test_webhooks_whose_secrets_cannot_be_read_are_named_with_what_to_do() -> None:
    with structlog.testing.capture_logs() as told:
        LogReporter().secrets_unread([WebhookId("wh-1")])
    (line,) = told
    assert line["log_level"] == "error"
    assert line["event"].startswith("secrets cannot be decrypted, these webhooks are blocked; bring back the key")
    assert line["webhooks"] == ["wh-1"]


def test_secrets_that_may_be_left_in_the_files_are_told_with_the_problem() -> None:
    with structlog.testing.capture_logs() as told:
        LogReporter().wiping_failed(OSError("another program reads it"))
    (line,) = told
    assert line["log_level"] == "warning"
    assert "may still hold secrets as they were stored before" in line["event"]
    assert line["problem"] == "another program reads it"

from bellwire.model.audit import VALUE_BYTES_MAX, MemberChange
from bellwire.model.event import EventTypeId
from bellwire.model.secret import Value
from bellwire.model.source import Source, SourceName
from bellwire.model.webhook import Bearer
from bellwire.rules.auditing import member_changes, source_changes, webhook_changes
from builders import make_webhook


def test_an_edit_is_told_by_the_members_that_differ() -> None:
    changes = webhook_changes(make_webhook(timeout_ms=30_000), make_webhook(timeout_ms=10_000, lossy=True))
    assert changes == (MemberChange("timeout", "30s", "10s"), MemberChange("lossy", before=False, after=True))
    assert webhook_changes(make_webhook(), make_webhook()) == ()


def test_a_secret_that_gave_way_to_another_is_a_change_and_neither_is_told() -> None:
    before = make_webhook(
        signature_key=Value("first"), http_auth=Bearer(Value("old")), http_headers={"X-Key": "secret-1"}
    )
    after = make_webhook(
        signature_key=Value("second"), http_auth=Bearer(Value("new")), http_headers={"X-Key": "secret-2"}
    )
    changes = webhook_changes(before, after)
    assert [change.path for change in changes] == ["signatureKey", "httpAuth", "httpHeaders"]
    assert all(change.before == change.after for change in changes)
    assert not any(word in str(changes) for word in ("first", "second", "old", "new", "secret-"))


def test_creating_and_deleting_tell_the_whole_object() -> None:
    created, deleted = webhook_changes(None, make_webhook()), webhook_changes(make_webhook(), None)
    assert {change.path for change in created} >= {"url", "events", "enable"}
    assert [(change.path, change.after) for change in created] == [(change.path, change.before) for change in deleted]
    assert all(change.before is None for change in created)


def test_a_source_is_told_as_a_webhook_is() -> None:
    before = Source(name=SourceName("mail"), signature_key=Value("first"))
    after = Source(name=SourceName("mail"), signature_key=Value("second"), enable=False)
    changes = source_changes(before, after)
    assert [change.path for change in changes] == ["signatureKey", "enable"]
    assert "first" not in str(changes)
    assert source_changes(None, after)[0].path == "name"
    assert source_changes(after, None)[0].after is None


def test_of_a_long_value_only_the_size_is_kept() -> None:
    events = tuple(EventTypeId(f"shop.event-{number}") for number in range(VALUE_BYTES_MAX))
    (change,) = webhook_changes(make_webhook(), make_webhook(events=events))
    assert change.after.endswith(" bytes)")


def test_members_that_came_went_or_differ_are_told() -> None:
    changes = member_changes({"same": 1, "went": 2, "other": 3}, {"same": 1, "other": 4, "came": 5})
    assert changes == (MemberChange("went", 2, None), MemberChange("other", 3, 4), MemberChange("came", None, 5))

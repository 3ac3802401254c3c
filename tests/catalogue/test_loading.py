"""The tables that come with Bellwire agree with each other."""

import json
from pathlib import Path

import pytest

from bellwire.catalogue.loading import load_catalogue, load_groups, load_keys, load_type_keys, rows_of
from bellwire.errors import Fault
from bellwire.model.event import EventTypeId
from bellwire.model.event_type import TracingLevel, is_type_id
from bellwire.model.principal import PROGRAM
from bellwire.rules.matching import wanted_types
from bellwire.rules.presenting import present_registered
from bellwire.rules.validating import read_webhook
from builders import make_registered_webhook

CATALOGUE = load_catalogue()
OWN_TYPES = {
    "bellwire.auth-failed",
    "bellwire.auth-success",
    "bellwire.webhook-blocked",
    "bellwire.webhook-events-discarded",
    "bellwire.webhook-failing",
    "bellwire.webhook-gone",
    "bellwire.webhook-recovered",
    "webhook.test",
}
PAGE_EXAMPLE = (Path(__file__).parents[1] / "data" / "webhooks-page.json").read_text()


def test_637_types_and_our_own_come_with_bellwire() -> None:
    ids = {event_type.id for event_type in CATALOGUE}
    assert ids >= OWN_TYPES
    assert len(ids - OWN_TYPES) == 637
    assert len(list(CATALOGUE.formers())) == 123


def test_every_type_has_an_id_of_the_right_form_and_a_description() -> None:
    for event_type in CATALOGUE:
        assert is_type_id(event_type.id), event_type.id
        assert event_type.description.endswith("."), event_type.id


def test_every_successor_of_a_former_name_is_a_present_type() -> None:
    for former in CATALOGUE.formers():
        assert all(CATALOGUE.current(successor) is not None for successor in former.successors), former.id
        assert CATALOGUE.current(former.id) is None, former.id


@pytest.mark.parametrize(
    ("type_id", "level", "successors"),
    [
        ("store.ingest", TracingLevel.INFO, ("message-ingest.ham",)),
        ("dsn", TracingLevel.INFO, ("delivery.dsn-success", "delivery.dsn-temp-fail", "delivery.dsn-perm-fail")),
        ("cluster.error", TracingLevel.WARN, ()),
        ("account.over-quota", TracingLevel.INFO, ("limit.quota",)),
    ],
)
def test_former_names_have_their_level_and_successors(
    type_id: str, level: TracingLevel, successors: tuple[str, ...]
) -> None:
    former = CATALOGUE.former(EventTypeId(type_id))
    assert former is not None
    assert (former.level, former.successors) == (level, successors)


def test_each_type_belongs_to_a_group_that_is_described_and_each_group_has_types() -> None:
    groups = load_groups()
    assert [group.name for group in groups] == sorted({event_type.id.split(".")[0] for event_type in CATALOGUE})
    assert all(group.title and group.description.endswith(".") for group in groups)


def test_the_members_of_each_type_are_described_and_each_member_belongs_to_a_type() -> None:
    keys = load_keys()
    names = [key.name for key in keys]
    assert names == sorted(names, key=str)
    assert all(key.json_types and key.description.endswith(".") for key in keys)
    used = {name for type_keys in load_type_keys().values() for name in type_keys}
    assert used == set(names)
    assert all(CATALOGUE.current(type_id) is not None for type_id in load_type_keys())


def test_a_number_with_a_unit_says_so() -> None:
    units = {key.name: key.unit for key in load_keys()}
    assert (units["elapsed"], units["size"], units["accountId"]) == ("ms", "bytes", "")
    kinds = {key.name: key.json_types for key in load_keys()}
    assert kinds["code"] == ("integer", "string")


def test_our_own_types_reach_only_webhooks_that_list_them() -> None:
    everything = read_webhook({"url": "https://a.example/", "level": "trace"}, catalogue=CATALOGUE).webhook
    assert not {type_id for type_id in wanted_types(everything, CATALOGUE) if type_id.startswith("bellwire.")}
    listed = {"url": "https://a.example/", "events": ["bellwire.webhook-gone"], "eventsPolicy": "include"}
    assert wanted_types(read_webhook(listed, catalogue=CATALOGUE).webhook, CATALOGUE) == {"bellwire.webhook-gone"}


def test_the_example_of_the_page_is_sound_as_it_stands() -> None:
    checked = read_webhook(json.loads(PAGE_EXAMPLE), catalogue=CATALOGUE)
    assert checked.warnings == (
        Fault("events/1", "store.ingest is a former name of message-ingest.ham; events of both names are meant"),
    )
    shown = present_registered(make_registered_webhook(checked.webhook), by=PROGRAM)
    written = json.loads(PAGE_EXAMPLE.replace("my-secret-key", "****").replace("password", "****"))
    assert {name: shown[name] for name in written} == written


def test_empty_cells_at_the_end_of_a_line_may_be_left_out() -> None:
    assert list(rows_of("t.tsv", ("a", "b"), text="a\tb\nx\ny\tz\n")) == [["x", ""], ["y", "z"]]


def test_a_table_with_other_columns_is_refused() -> None:
    with pytest.raises(ValueError, match=r"t\.tsv has the header"):
        list(rows_of("t.tsv", ("a", "b"), text="a\tc\n"))
    with pytest.raises(ValueError, match=r"t\.tsv, line 3: has 3 cells"):
        list(rows_of("t.tsv", ("a", "b"), text="a\tb\nx\ty\nx\ty\tz\n"))

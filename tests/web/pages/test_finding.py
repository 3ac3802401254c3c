import itertools

import pytest

from bellwire.catalogue.loading import load_catalogue
from bellwire.model.event import EventTypeId
from bellwire.model.webhook import RegisteredWebhook
from bellwire.web.pages.finding import DEEDS, GROUP_MAX, PLACES, VERBS, Group, find
from bellwire.web.pages.visit import WEBHOOKS
from builders import make_registered_webhook, make_webhook

TYPES = tuple(load_catalogue().ids())


def hooks(*names: str) -> list[RegisteredWebhook]:
    return [
        make_registered_webhook(make_webhook(name=name, url=f"https://example.com/{number}"), id=f"id-{number}")
        for number, name in enumerate(names)
    ]


def found(text: str, webhooks: list[RegisteredWebhook] | None = None) -> list[Group]:
    return find(text, (*PLACES, *DEEDS), VERBS, webhooks or [], TYPES)


def labels(groups: list[Group], title: str) -> list[str]:
    return [each.label for group in groups if group.title == title for each in group.found]


def test_before_anything_is_written_all_pages_and_actions_are_there() -> None:
    groups = found("", hooks("Mail"))
    assert [group.title for group in groups] == ["Pages", "Actions"]
    assert labels(groups, "Pages") == [place.label for place in PLACES]


def test_webhooks_are_found_by_name_url_and_id_and_the_best_comes_first() -> None:
    webhooks = hooks("Old mail", "Mail", "Mailbox", "Shop")
    assert labels(found("mail", webhooks), "Webhooks") == ["Mail", "Mailbox", "Old mail"]
    assert labels(found("example.com/3", webhooks), "Webhooks") == ["Shop"]
    groups = found("ID-3", webhooks)
    assert (groups[0].title, groups[0].found[0].label) == ("Webhooks", "Shop")


def test_types_are_found_by_parts_of_their_ids() -> None:
    assert labels(found("auth.success"), "Event types")[0] == "auth.success"
    assert "auth.failed" in labels(found("fail auth"), "Event types")


def test_words_that_mean_a_verb_act_on_the_webhooks_that_the_others_mean() -> None:
    groups = found("test mail", hooks("Mail", "Shop"))
    (test, *_) = next(group for group in groups if group.title == "Actions").found
    assert (test.label, test.address, test.sends) == ("Send a test to Mail", f"{WEBHOOKS}/id-0/test", True)
    assert "Deliver again to Shop" in labels(found("replay shop", hooks("Mail", "Shop")), "Actions")


def test_a_single_webhook_brings_all_that_can_be_done_with_it() -> None:
    assert len(labels(found("shop", hooks("Mail", "Shop")), "Actions")) == GROUP_MAX
    assert labels(found("example", hooks("Mails", "Shop")), "Actions") == []


def test_what_does_not_fit_is_counted_and_leads_to_its_list() -> None:
    (group,) = [each for each in found("hook", hooks(*["Hook"] * 20)) if each.title == "Webhooks"]
    assert len(group.found) == GROUP_MAX + 1
    assert group.found[-1].label == "12 more of webhooks"
    assert group.found[-1].address == f"{WEBHOOKS}?q=hook"


@pytest.mark.parametrize("text", ["zzz", "x" * 10_000, "\x00", "a " * 5_000 + "zzz", "%", "'"])
def test_what_nothing_is_called_finds_nothing(text: str) -> None:
    find(text, PLACES, VERBS, hooks("Mail"), (EventTypeId("auth.success"),))
    assert find("zzz", PLACES, VERBS, hooks("Mail"), (EventTypeId("auth.success"),)) == []


def test_labels_and_addresses_of_pages_and_actions_are_there_once() -> None:
    for one, other in itertools.combinations((*PLACES, *DEEDS), 2):
        assert one.label != other.label
        assert one.address != other.address

from bellwire.rules.diagnosing_endpoints import STEPS
from bellwire.service import Bellwire
from bellwire.web.pages.webhook_check import QUESTIONS, TITLES
from receivers import Receiver, Reply
from web.endpoints import closed_endpoint
from web.pages.conftest import Arrive
from web.pages.parsed import Element
from web.pages.visitor import WEBHOOKS, Visitor


async def a_webhook(service: Bellwire, url: str, **members: object) -> str:
    webhook, _ = await service.create_webhook({"url": url} | members)
    return f"{WEBHOOKS}/{webhook.id}"


async def checked(visitor: Visitor, address: str) -> Element:
    """The page after its button was pressed."""
    page = await visitor.open(f"{address}/check")
    answered: Element = await visitor.send(page.one("form", action=f"{address}/check"), code=200)
    return answered


def step(page: Element, title: str) -> Element:
    return next(each for each in page.one("ol", class_="ways").every("li") if each.one("h3").text.startswith(title))


def test_every_step_has_a_title_and_a_question() -> None:
    assert tuple(TITLES) == tuple(QUESTIONS) == STEPS


async def test_looking_at_the_page_sends_nothing_and_its_button_one_test_event(
    visitor: Visitor, service: Bellwire, receiver: Receiver
) -> None:
    address = await a_webhook(service, receiver.url, enable=False)
    page = await visitor.open(f"{address}/check")
    assert len(page.one("ol", class_="ways").every("li")) == len(STEPS)
    assert not receiver.requests
    page = await checked(visitor, address)
    assert page.one(id="checked").one(role="status").text.startswith("All is well.")
    assert "accepted" in step(page, "Status of the answer").text
    assert "skipped" in step(page, "TLS handshake").text
    assert [b"webhook.test" in request.body for request in receiver.requests] == [True]


async def test_a_step_that_fails_is_named_with_what_to_mend(
    visitor: Visitor, service: Bellwire, receiver: Receiver
) -> None:
    receiver.answer_with(Reply(status=401))
    page = await checked(visitor, await a_webhook(service, receiver.url))
    assert "1 step failed. Status of the answer" in page.one(id="checked").one(role="status").text
    assert "Answered 401 Unauthorized" in step(page, "Status of the answer").text
    assert step(page, "Status of the answer").one(class_="todo").text.startswith("Check httpAuth")
    page = await checked(visitor, await a_webhook(service, closed_endpoint()))
    assert "firewall" in step(page, "Connection").one(class_="todo").text
    assert "skipped" in step(page, "Signed test request").text


async def test_a_doubt_is_no_failure(visitor: Visitor, service: Bellwire, receiver: Receiver) -> None:
    receiver.answer_with(Reply(headers=(("Date", "Mon, 01 Jan 2024 00:00:00 GMT"), ("X", "a"))))
    page = await checked(visitor, await a_webhook(service, receiver.url))
    assert "behind ours" in step(page, "The receiver's clock").text
    receiver.answer_with(Reply(status=503, headers=(("Retry-After", "7"),)))
    page = await checked(visitor, await a_webhook(service, receiver.url))
    told = page.one(id="checked").one(role="status")
    assert told.text.startswith("Requests arrive. 1 step may need somebody: Status of the answer.")
    assert told.has("class_", "good")


async def test_who_may_only_read_is_offered_no_check(arrive: Arrive, service: Bellwire) -> None:
    browser = await arrive("read")
    address = await a_webhook(service, "https://example.com/in")
    assert (await browser.open(address)).every("a", href=f"{address}/check") == []
    assert "the scope write" in (await browser.open(f"{address}/check", code=403)).text

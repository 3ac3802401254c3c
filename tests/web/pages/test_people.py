from urllib.parse import urlsplit

import pytest

from bellwire.service import Bellwire
from web.pages.conftest import PASSWORD, Arrive
from web.pages.parsed import Element
from web.pages.visitor import Visitor

ANOTHER = "staple of another kind"


async def added(visitor: Visitor) -> str:
    """Nadia, added by the form with a password; the address of her page."""
    form = (await visitor.open("/people/new")).one("form", action="/people")
    return str(
        await visitor.send(form, name="nadia", scopes="read", kind="password", password=PASSWORD, again=PASSWORD)
    )


async def sign_in(browser: Visitor, password: str) -> bool:
    """Whether nadia is let in by that."""
    form = (await browser.open("/sign-in")).one("form")
    answer = await browser.client.post(
        form["action"], data={"name": "nadia", "password": password}, headers={"User-Agent": "Firefox/140.0 Linux"}
    )
    return answer.status_code == 303


def path_of(page: Element) -> str:
    """Where the link leads that the page shows."""
    url = urlsplit(page.one(id="made").text)
    assert url.netloc == "bellwire.test"
    return f"{url.path}?{url.query}"


async def test_somebody_who_is_added_with_a_password_comes_in_by_it(visitor: Visitor, browser: Visitor) -> None:
    assert await added(visitor) == "/people/nadia"
    assert await sign_in(browser, PASSWORD)
    page = await visitor.open("/people")
    assert page.one("tbody").text.startswith("nadia read password 1 browser")
    page = await visitor.open("/people/nadia")
    assert page.one("tbody").text.startswith("Firefox on Linux 127.0.0.1")
    assert PASSWORD not in page.text


async def test_somebody_who_is_added_without_one_comes_in_by_a_link_once(visitor: Visitor, browser: Visitor) -> None:
    form = (await visitor.open("/people/new")).one("form", action="/people")
    page = await visitor.send(form, code=200, name="nadia", scopes=["write"])
    link = path_of(page)
    assert await browser.send((await browser.open(link)).one("form")) == "/"
    assert (await browser.open("/account")).one("h1").text == "nadia"
    assert "You have none: links let you in" in (await browser.open("/account")).text
    await browser.send((await visitor.open(link)).one("form"), code=403)
    again = await visitor.send((await visitor.open("/people/nadia")).one("form", action="/people/nadia/link"), code=200)
    assert path_of(again) != link
    assert await browser.send((await browser.open(path_of(again))).one("form")) == "/"


async def test_all_faults_of_the_form_are_told_at_their_fields(visitor: Visitor, service: Bellwire) -> None:
    form = (await visitor.open("/people/new")).one("form", action="/people")
    page = await visitor.send(form, code=422, name="Not A Name", kind="password", password="short", again="other")
    for field in ("name", "scopes", "password", "again"):
        assert page.one(id=f"e-{field}").text
        assert page.one(class_="errs").every("a", href=f"#f-{field}")
    assert page.one("input", id="f-password").get("value") is None
    await added(visitor)
    page = await visitor.send(form, code=409, name="nadia", scopes="read")
    assert "taken" in page.one(id="e-name").text
    assert len(service.access.people.all()) == 1


async def test_other_scopes_and_another_password_end_the_sessions(
    visitor: Visitor, browser: Visitor, service: Bellwire
) -> None:
    await added(visitor)
    for form, fields in (
        ("/people/nadia/scopes", {"scopes": ["write", "publish"]}),
        ("/people/nadia/password", {"password": ANOTHER, "again": ANOTHER}),
    ):
        assert await sign_in(browser, PASSWORD)
        page = await visitor.open("/people/nadia")
        assert await visitor.send(page.one("form", action=form), **fields) == "/people/nadia"
        assert (await browser.client.get("/")).status_code == 303
    assert [scope.value for scope in service.access.people.get("nadia").scopes] == ["publish", "write"]
    assert not await sign_in(browser, PASSWORD)
    assert await sign_in(browser, ANOTHER)
    page = await visitor.open("/people/nadia")
    page = await visitor.send(page.one("form", action="/people/nadia/scopes"), code=422, scopes=None)
    assert page.one(id="e-scopes").text
    page = await visitor.send(page.one("form", action="/people/nadia/password"), code=422, password=PASSWORD)
    assert "write the new password twice" in page.one(id="e-again").text


async def test_who_is_removed_is_out_at_once_and_the_question_says_so(visitor: Visitor, browser: Visitor) -> None:
    await added(visitor)
    await sign_in(browser, PASSWORD)
    ask = await visitor.open("/people/nadia/remove")
    assert "1 browser is signed out" in ask.one("main").text
    assert await visitor.send(ask.one("form", action="/people/nadia/remove")) == "/people"
    assert (await browser.client.get("/")).status_code == 303
    assert not await sign_in(browser, PASSWORD)
    assert (await visitor.client.get("/people/nadia")).status_code == 404


async def test_an_administrator_who_changes_themselves_goes_on_in_this_browser(arrive: Arrive) -> None:
    browser = await arrive("admin")
    page = await browser.open("/people/nadia")
    assert page.one("h1").text == "nadia you"
    form = page.one("form", action="/people/nadia/scopes")
    assert await browser.send(form, scopes=["admin", "publish"]) == "/account"
    assert (await browser.open("/account")).one("h1").text == "nadia"
    ask = await browser.open("/people/nadia/remove")
    assert "This is you" in ask.text
    assert await browser.send(ask.one("form", action="/people/nadia/remove")) == "/people"
    assert (await browser.client.get("/people")).status_code == 303


async def test_an_administrator_sees_who_is_signed_in_and_signs_them_out(visitor: Visitor, browser: Visitor) -> None:
    await added(visitor)
    assert "No browser is signed in" in (await visitor.open("/sessions")).text
    await sign_in(browser, PASSWORD)
    page = await visitor.open("/sessions")
    assert page.one("tbody").text.startswith("Firefox on Linux nadia 127.0.0.1")
    assert await visitor.send(page.one("tbody").one("form")) == "/sessions"
    assert (await browser.client.get("/")).status_code == 303


@pytest.mark.parametrize("address", ["/people", "/people/new", "/people/nadia", "/people/nadia/remove", "/sessions"])
async def test_who_is_no_administrator_sees_nobody(arrive: Arrive, address: str) -> None:
    browser = await arrive("write")
    assert "needs the scope admin" in (await browser.open(address, code=403)).one("main").text
    assert (await browser.open("/")).every("a", href="/people") == []

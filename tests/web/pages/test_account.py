import httpx
import pytest

from bellwire.service import Bellwire
from bellwire.web.site import Site
from web.pages.conftest import PASSWORD, Arrive
from web.pages.visitor import Visitor

ANOTHER = "staple of another kind"
TRIES_MAX = 30


async def another_browser(service: Bellwire, password: str = PASSWORD) -> Visitor | None:
    """Nadia in a second browser, if she is let in there."""
    client = httpx.AsyncClient(transport=httpx.ASGITransport(app=Site(service)), base_url="http://bellwire.test")
    visitor = Visitor(client)
    form = (await visitor.open("/sign-in")).one("form")
    answer = await client.post(form["action"], data={"name": "nadia", "password": password})
    return visitor if answer.status_code == 303 else None


async def is_in(browser: Visitor) -> bool:
    return (await browser.client.get("/account")).status_code == 200


@pytest.mark.parametrize("scope", ["publish", "read", "admin"])
async def test_whoever_is_signed_in_changes_their_own_password_whatever_they_may_do(
    arrive: Arrive, service: Bellwire, scope: str
) -> None:
    browser = await arrive(scope)
    other = await another_browser(service)
    assert other is not None
    form = (await browser.open("/account")).one("form", action="/account/password")
    assert await browser.send(form, password=PASSWORD, newPassword=ANOTHER, again=ANOTHER) == "/account"
    assert await is_in(browser)
    assert not await is_in(other)
    assert await another_browser(service) is None
    assert await another_browser(service, ANOTHER) is not None


async def test_the_old_password_is_needed_and_all_faults_are_told_at_their_fields(arrive: Arrive) -> None:
    browser = await arrive("read")
    form = (await browser.open("/account")).one("form", action="/account/password")
    page = await browser.send(form, code=422, password="", newPassword="short", again="other")
    for field in ("password", "newPassword", "again"):
        assert page.one(id=f"e-{field}").text
        assert page.one(class_="errs").every("a", href=f"#f-{field}")
    wrong = {"password": "not the right one", "newPassword": ANOTHER, "again": ANOTHER}
    page = await browser.send(form, code=403, **wrong)
    assert "is not your password" in page.one(id="e-password").text
    wrong["csrf_token"] = form.one("input", name="csrf_token")["value"]
    answer = await slowed_down(browser, wrong)
    assert int(answer.headers["retry-after"]) >= 1
    assert "failed too often" in answer.text


async def slowed_down(browser: Visitor, wrong: dict[str, str]) -> httpx.Response:
    """The first answer that asks for a pause; where tries themselves take as long as a short one, they are more."""
    for _ in range(TRIES_MAX):
        answer = await browser.client.post("/account/password", data=wrong)
        if answer.status_code == httpx.codes.TOO_MANY_REQUESTS:
            return answer
    raise AssertionError("nobody was asked to pause")


async def test_one_other_browser_is_signed_out_or_all_others_are(arrive: Arrive, service: Bellwire) -> None:
    browser = await arrive("publish")
    others = [await another_browser(service) for _ in range(3)]
    page = await browser.open("/account")
    rows = page.one("tbody").every("tr")
    assert len(rows) == 4
    assert ["this one" in row.text for row in rows].count(True) == 1
    row = next(row for row in rows if "this one" not in row.text)
    assert await browser.send(row.one("form")) == "/account"
    assert [await is_in(other) for other in others if other is not None].count(True) == 2
    page = await browser.open("/account")
    assert await browser.send(page.one("form", action="/account/end-others")) == "/account"
    assert [await is_in(other) for other in others if other is not None] == [False] * 3
    page = await browser.open("/account")
    assert page.every("form", action="/account/end-others") == []
    assert await browser.send(page.one("tbody").one("form")) == "/sign-in"
    assert not await is_in(browser)


async def test_nobody_signs_out_somebody_else_s_browser(visitor: Visitor, arrive: Arrive, service: Bellwire) -> None:
    browser = await arrive("write")
    link = (await visitor.client.post("/v1/login-links", json={})).json()["path"]
    admin = await another_browser(service)
    assert admin is not None
    await admin.send((await admin.open(link)).one("form"))
    theirs = next(session for session in service.access.sessions.all() if session.name == "admin")
    token = (await browser.open("/account")).one("tbody").one("input", name="csrf_token")["value"]
    answer = await browser.client.post(f"/sessions/{theirs.id}/end", data={"csrf_token": token})
    assert answer.status_code == 403
    assert theirs in service.access.sessions.all()


async def test_who_may_not_read_is_led_nowhere_else(arrive: Arrive) -> None:
    page = await (await arrive("publish")).open("/account")
    assert page.one("nav", id="side").every("li") == []
    assert "Publish events, and nothing else" in page.text


async def test_an_administrator_lets_another_browser_of_their_own_in(arrive: Arrive, service: Bellwire) -> None:
    browser = await arrive("admin")
    form = (await browser.open("/account")).one("form", action="/account/link")
    link = (await browser.send(form, code=200)).one(id="made").text
    other = await another_browser(service, "wrong") or Visitor(
        httpx.AsyncClient(transport=httpx.ASGITransport(app=Site(service)), base_url="http://bellwire.test")
    )
    assert await other.send((await other.open(link)).one("form")) == "/"
    assert (await other.open("/account")).one("h1").text == "nadia"
    writer = await browser.client.post("/account/link")
    assert writer.status_code == 403


async def test_a_token_has_no_password_and_no_browser(visitor: Visitor) -> None:
    page = await visitor.open("/account")
    assert "A token has none" in page.text
    assert "In no browser" in page.text

import httpx

from bellwire.service import Bellwire
from web.pages.conftest import Arrive
from web.pages.visitor import Visitor


async def lets_in(visitor: Visitor, secret: str) -> bool:
    answer = await visitor.client.get("/v1/status", headers={"Authorization": f"Bearer {secret}"})
    return answer.status_code == httpx.codes.OK


async def test_a_token_is_made_shown_once_rotated_and_revoked(visitor: Visitor, service: Bellwire) -> None:
    form = (await visitor.open("/tokens/new")).one("form", action="/tokens")
    made = await visitor.send(form, code=200, name="shop", scopes=["read", "publish"], types="shop.paid\nshop.sent")
    secret = made.one(id="made").text
    assert await lets_in(visitor, secret)
    token = service.access.tokens.get("shop")
    assert token.types == ("shop.paid", "shop.sent")
    assert token.expires_at_ms == token.created_at_ms + 90 * 86_400_000
    for address in ("/tokens", "/tokens/shop"):
        assert secret not in (await visitor.client.get(address)).text
    ask = await visitor.open("/tokens/shop/rotate")
    assert "They published shop.paid, shop.sent" in ask.one("main").text
    rotated = (await visitor.send(ask.one("form", action="/tokens/shop/rotate"), code=200)).one(id="made").text
    assert not await lets_in(visitor, secret)
    assert await lets_in(visitor, rotated)
    ask = await visitor.open("/tokens/shop/revoke")
    assert "It was last used" in ask.one("main").text
    assert await visitor.send(ask.one("form", action="/tokens/shop/revoke")) == "/tokens"
    assert not await lets_in(visitor, rotated)


async def test_faults_of_a_token_are_told_at_their_fields_and_lead_there(visitor: Visitor) -> None:
    form = (await visitor.open("/tokens/new")).one("form", action="/tokens")
    page = await visitor.send(form, code=422, name="Not A Name", types="nothing", expiresIn="soon")
    for field in ("name", "scopes", "types", "expiresIn"):
        assert page.one(id=f"e-{field}").text
        assert page.one(class_="errs").every("a", href=f"#f-{field}")
    assert page.one("input", id="f-name")["value"] == "Not A Name"
    page = await visitor.send(form, code=409, name="admin", scopes="read")
    assert "taken" in page.one(id="e-name").text


async def test_the_token_of_the_data_folder_is_offered_no_end(visitor: Visitor) -> None:
    for what in ("", "/rotate", "/revoke"):
        page = await visitor.open(f"/tokens/admin{what}")
        assert "lies in the data folder" in page.one("main").text
        assert page.one("main").every("form") == []
    assert (await visitor.client.post("/tokens/admin/revoke")).status_code == 422


async def test_who_is_no_administrator_is_not_led_to_tokens_and_is_told_why(arrive: Arrive) -> None:
    browser = await arrive("write")
    assert (await browser.open("/")).every("a", href="/tokens") == []
    for address in ("/tokens", "/tokens/new", "/tokens/admin", "/tokens/admin/revoke"):
        assert "needs the scope admin" in (await browser.open(address, code=403)).one("main").text

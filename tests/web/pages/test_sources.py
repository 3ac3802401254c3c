import httpx

from bellwire.model.secret import File, Value
from bellwire.rules.signing import sign_body
from bellwire.service import Bellwire
from web.pages.conftest import Arrive
from web.pages.parsed import Element
from web.pages.visitor import Visitor

BODY = b'{"events":[{"id":"1","createdAt":"2026-01-31T08:00:00Z","type":"auth.success","data":{"accountName":"jane"}}]}'


async def post(visitor: Visitor, key: str, body: bytes = BODY) -> int:
    """What the upstream server is answered that signs with this key."""
    headers = {"Content-Type": "application/json", "X-Signature": sign_body(key, body)}
    answer = await visitor.client.post("/v1/sources/mail", content=body, headers=headers)
    return answer.status_code


async def made(visitor: Visitor) -> Element:
    """The page that shows a new source with a key that was made for it."""
    form = (await visitor.open("/sources/new")).one("form", action="/sources")
    page: Element = await visitor.send(form, code=200, name="mail")
    return page


async def test_a_source_is_created_with_a_key_that_is_shown_once_and_lets_its_server_in(
    visitor: Visitor, service: Bellwire
) -> None:
    page = await made(visitor)
    key = page.one(id="made").text
    assert page.one(id="src-url").text == "http://bellwire.test/v1/sources/mail"
    assert "Discard After" in page.one("dl", class_="enter").text
    assert await post(visitor, key) == httpx.codes.OK
    assert await post(visitor, "another key") == httpx.codes.FORBIDDEN
    page = await visitor.open("/sources")
    assert page.one("tbody").text.startswith("mail a signature 1 1")
    page = await visitor.open("/sources/mail")
    assert "Events accepted 1" in page.text
    assert "Last error" in page.text
    assert "the same key as here" in page.text
    assert key not in page.text
    assert (await service.status()).events_logged == 1


async def test_a_new_key_is_shown_once_and_the_one_before_counts_no_more(visitor: Visitor) -> None:
    before = (await made(visitor)).one(id="made").text
    ask = await visitor.open("/sources/mail/rotate")
    assert "refused until it has the new key" in ask.text
    page = await visitor.send(ask.one("form", action="/sources/mail/rotate"), code=200)
    after = page.one(id="made").text
    assert await post(visitor, before) == httpx.codes.FORBIDDEN
    assert await post(visitor, after) == httpx.codes.OK


async def test_a_source_is_disabled_enabled_and_deleted(visitor: Visitor, service: Bellwire) -> None:
    key = (await made(visitor)).one(id="made").text
    page = await visitor.open("/sources/mail")
    assert await visitor.send(page.one("form", action="/sources/mail/disable")) == "/sources/mail"
    assert await post(visitor, key) == httpx.codes.FORBIDDEN
    page = await visitor.open("/sources/mail")
    assert "Disabled: what its server posts is refused" in page.text
    assert await visitor.send(page.one("form", action="/sources/mail/enable")) == "/sources/mail"
    assert await post(visitor, key) == httpx.codes.OK
    ask = await visitor.open("/sources/mail/delete")
    assert "The last request came" in ask.text
    assert await visitor.send(ask.one("form", action="/sources/mail/delete")) == "/sources"
    assert service.sources.all() == ()
    assert "No source yet" in (await visitor.open("/sources")).text


async def test_an_edit_keeps_the_key_that_is_stored_and_changes_what_was_written(
    visitor: Visitor, service: Bellwire
) -> None:
    key = (await made(visitor)).one(id="made").text
    form = (await visitor.open("/sources/mail/edit")).one("form", action="/sources/mail")
    led = await visitor.send(
        form,
        httpAuth="Basic",
        httpAuth__username="jane",
        httpAuth__secret="Value",
        httpAuth__secret__secret="opensesame",
    )
    assert led == "/sources/mail"
    source = service.sources.get("mail").object
    assert source.signature_key == Value(key)
    assert source.http_auth.username == "jane"  # type: ignore[union-attr] # the variant that was chosen
    page = await visitor.open("/sources/mail")
    assert "a signature and Basic credentials" in page.text
    assert "Basic, with the same credentials as here" in page.text
    assert "opensesame" not in (await visitor.client.get("/sources/mail/edit")).text
    form = (await visitor.open("/sources/mail/edit")).one("form", action="/sources/mail")
    assert await visitor.send(form, signatureKey="File", signatureKey__filePath="/run/mail.key") == "/sources/mail"
    assert service.sources.get("mail").object.signature_key == File("/run/mail.key")
    assert "no longer read from where it is now" in (await visitor.open("/sources/mail/rotate")).text


async def test_all_faults_are_told_at_their_fields(visitor: Visitor, service: Bellwire) -> None:
    form = (await visitor.open("/sources/new")).one("form", action="/sources")
    page = await visitor.send(form, code=422, name="Not A Name", signatureKey="Value", httpAuth="Basic")
    for field in ("name", "signatureKey", "httpAuth"):
        assert page.one(id=f"e-{field}").text
        assert page.one(class_="errs").every("a", href=f"#f-{field}")
    page = await visitor.send(form, code=422, name="mail", signatureKey="None")
    assert "neither signatureKey nor httpAuth" in page.one(id="e-signatureKey").text
    page = await visitor.send(form, code=422, name="mail", allowAnyone="on")
    assert page.one(id="e-allowAnyone").text
    assert service.sources.all() == ()
    await made(visitor)
    page = await visitor.send(form, code=409, name="mail")
    assert "already" in page.one(id="e-name").text
    form = (await visitor.open("/sources/mail/edit")).one("form", action="/sources/mail")
    await visitor.send(form, code=422, allowAnyone="on")


async def test_a_source_that_lets_anybody_publish_is_told_as_such(visitor: Visitor) -> None:
    form = (await visitor.open("/sources/new")).one("form", action="/sources")
    page = await visitor.send(form, code=200, name="mail", signatureKey="None", allowAnyone="on")
    assert page.every(id="made") == []
    assert "anybody may publish" in (await visitor.open("/sources")).text
    assert "Everybody who reaches this server" in (await visitor.open("/sources/mail")).text
    edit = (await visitor.open("/sources/mail/edit")).one("form", action="/sources/mail")
    assert edit.one("input", name="allowAnyone").get("checked") is not None


async def test_who_may_only_read_sees_sources_and_is_offered_nothing(visitor: Visitor, arrive: Arrive) -> None:
    await made(visitor)
    browser = await arrive("read")
    for address in ("/sources", "/sources/mail"):
        page = await browser.open(address)
        assert page.one("main").every("form") == []
        assert [link["href"] for link in page.one("main").every("a") if link["href"].count("/") > 2] == []
    for part in ("new", "mail/edit", "mail/rotate", "mail/delete"):
        assert "the scope write" in (await browser.open(f"/sources/{part}", code=403)).text


async def test_who_is_no_administrator_is_not_offered_files_and_variables(visitor: Visitor, arrive: Arrive) -> None:
    browser = await arrive("write")
    offered = [each["value"] for each in (await browser.open("/sources/new")).every("input", name="signatureKey")]
    assert offered == ["made", "Value", "None"]
    offered = [each["value"] for each in (await visitor.open("/sources/new")).every("input", name="signatureKey")]
    assert offered == ["made", "Value", "EnvironmentVariable", "File", "None"]

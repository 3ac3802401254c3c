import os
from pathlib import Path

import pytest

from bellwire.engine.keyring import FILE_BYTES_MAX, Keyring, Unreadable, open_exactly
from bellwire.model.secrecy import Secrecy
from bellwire.model.secret import EnvironmentVariable, File, SecretKeyOptional, Value
from bellwire.model.source import Source, SourceName
from bellwire.model.webhook import Basic, Bearer, WebHook
from bellwire.rules.composing import Credentials
from builders import make_webhook

NONE = Credentials(signature_key=None, auth_secret=None)


def keyring(folder: Path | None = None, **environ: str) -> Keyring:
    return Keyring(environ=environ, forbidden_folder=folder)


def key_of(ring: Keyring, key: SecretKeyOptional) -> str | None:
    read = ring.read(make_webhook(signature_key=key))
    assert isinstance(read, Credentials), read
    return read.signature_key


def why_not(ring: Keyring, key: SecretKeyOptional) -> str:
    read = ring.read(make_webhook(signature_key=key))
    assert isinstance(read, Unreadable)
    return read.reason


def test_a_webhook_without_secrets_needs_none() -> None:
    assert keyring().read(make_webhook()) == NONE


def test_a_variable_is_read_at_each_use() -> None:
    environ = {"HOOK_KEY": "first"}
    ring = Keyring(environ=environ, forbidden_folder=None)
    assert key_of(ring, EnvironmentVariable("HOOK_KEY")) == "first"
    environ["HOOK_KEY"] = "second"
    assert key_of(ring, EnvironmentVariable("HOOK_KEY")) == "second"


@pytest.mark.parametrize("environ", [{}, {"HOOK_KEY": ""}])
def test_a_variable_that_is_not_set_or_empty_cannot_be_read(environ: dict[str, str]) -> None:
    assert "HOOK_KEY is not set, or empty" in why_not(
        Keyring(environ=environ, forbidden_folder=None), EnvironmentVariable("HOOK_KEY")
    )


def test_variables_of_our_own_are_never_read() -> None:
    assert "never read" in why_not(keyring(BELLWIRE_TOKEN="t"), EnvironmentVariable("BELLWIRE_TOKEN"))


def test_a_file_is_read_again_when_it_changes_and_trailing_white_space_is_cut(tmp_path: Path) -> None:
    file, ring = tmp_path / "key", keyring()
    file.write_text("first \n\n")
    assert key_of(ring, File(str(file))) == "first"
    replacement = tmp_path / "next"
    replacement.write_text("other\n")
    replacement.replace(file)
    assert key_of(ring, File(str(file))) == "other"


def test_a_file_that_cannot_be_read_heals_when_it_can(tmp_path: Path) -> None:
    file, ring = tmp_path / "key", keyring()
    assert "No such file" in why_not(ring, File(str(file)))
    file.write_text("key")
    assert key_of(ring, File(str(file))) == "key"
    file.unlink()
    assert "No such file" in why_not(ring, File(str(file)))


def test_only_small_regular_files_of_text_are_read(tmp_path: Path) -> None:
    large, binary, empty, blank = (tmp_path / name for name in ("large", "binary", "empty", "blank"))
    large.write_text("x" * (FILE_BYTES_MAX + 1))
    binary.write_bytes(b"\xff\xfe")
    empty.touch()
    blank.write_text(" \n")
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    assert "more than 65,536 bytes" in why_not(keyring(), File(str(large)))
    assert "not UTF-8" in why_not(keyring(), File(str(binary)))
    assert "is empty" in why_not(keyring(), File(str(empty)))
    assert "is empty" in why_not(keyring(), File(str(blank)))
    assert "not a regular file" in why_not(keyring(), File(str(pipe)))
    assert "not a regular file" in why_not(keyring(), File(str(tmp_path)))


def test_the_data_folder_is_never_read_not_even_through_a_link(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    (data / "admin.token").write_text("token")
    link = tmp_path / "link"
    link.symlink_to(data / "admin.token")
    ring = keyring(data)
    assert "never read" in why_not(ring, File(str(data / "admin.token")))
    assert "never read" in why_not(ring, File(str(link)))
    assert "never read" in why_not(ring, File(str(data / ".." / "data" / "admin.token")))


@pytest.mark.parametrize("secret", ["whsec_", "whsec_!!!"])
def test_a_malformed_key_from_outside_blocks_too(secret: str) -> None:
    assert "whsec_" in why_not(keyring(HOOK_KEY=secret), EnvironmentVariable("HOOK_KEY"))


def test_authentication_is_read_and_blocked_like_the_key() -> None:
    basic = make_webhook(http_auth=Basic("account", EnvironmentVariable("PASSWORD")))
    assert keyring(PASSWORD="p").read(basic) == Credentials(signature_key=None, auth_secret="p")
    assert isinstance(keyring().read(basic), Unreadable)
    bearer = make_webhook(http_auth=Bearer(EnvironmentVariable("TOKEN")))
    assert keyring(TOKEN="t").read(bearer) == Credentials(signature_key=None, auth_secret="t")


@pytest.mark.parametrize("token", ["a\r\nX-Injected: 1", "a\x00b", "grün"])
def test_a_token_that_no_header_may_carry_blocks(token: str) -> None:
    read = keyring(TOKEN=token).read(make_webhook(http_auth=Bearer(EnvironmentVariable("TOKEN"))))
    assert isinstance(read, Unreadable)


def test_a_previous_key_signs_too_as_long_as_it_can_be_read() -> None:
    webhook = make_webhook(signature_key=Value("new"))
    both = keyring(OLD="old").read(webhook, EnvironmentVariable("OLD"))
    alone = keyring().read(webhook, EnvironmentVariable("OLD"))
    assert both == Credentials(signature_key="new", auth_secret=None, previous_key="old")
    assert alone == Credentials(signature_key="new", auth_secret=None)


def test_the_secrets_of_a_source_are_read_as_those_of_a_webhook() -> None:
    source = Source(
        name=SourceName("mail"),
        signature_key=EnvironmentVariable("KEY"),
        http_auth=Bearer(EnvironmentVariable("TOKEN")),
    )
    assert keyring(KEY="k", TOKEN="t").read_for_source(source) == Credentials(signature_key="k", auth_secret="t")
    unread = keyring(KEY="k").read_for_source(source)
    assert isinstance(unread, Unreadable)
    assert unread.reason == "httpAuth: the environment variable TOKEN is not set, or empty"


def test_hard_links_to_files_of_our_own_are_never_read(tmp_path: Path) -> None:
    data, key_file = tmp_path / "data", tmp_path / "secrets.key"
    (data / "deeper").mkdir(parents=True)
    (data / "deeper" / "admin.token").write_text("token")
    key_file.write_text("key")
    ring = Keyring(environ={}, forbidden_folder=data, forbidden_file=key_file)
    for number, own in enumerate((data / "deeper" / "admin.token", key_file)):
        link = tmp_path / f"link-{number}"
        link.hardlink_to(own)
        assert "Bellwire's own" in why_not(ring, File(str(link)))
    assert "Bellwire's own" in why_not(ring, File(str(key_file)))
    missing = Keyring(environ={}, forbidden_folder=data, forbidden_file=tmp_path / "nowhere")
    assert key_of(missing, File(str(key_file))) == "key"


@pytest.mark.parametrize(
    "path", ["/proc/self/environ", "/proc/self/cmdline", "/proc/self/../self/environ", "/sys/kernel/notes"]
)
def test_views_of_the_system_are_never_read(path: str) -> None:
    if not Path(path).exists():
        pytest.skip("this system has no such view")
    assert "never read" in why_not(keyring(), File(path))


def test_an_open_file_of_our_own_is_not_read_through_its_descriptor(tmp_path: Path) -> None:
    if not Path("/proc/self/fd").exists():
        pytest.skip("this system has no such view")
    data = tmp_path / "data"
    data.mkdir()
    own = data / "bellwire.db"
    own.write_text("store")
    with own.open() as opened:
        assert "data folder" in why_not(keyring(data), File(f"/proc/self/fd/{opened.fileno()}"))
        assert "data folder" in why_not(keyring(data), File(f"/proc/self/cwd/{os.path.relpath(own)}"))
        assert "data folder" in why_not(keyring(data), File(f"/proc/self/root{own}"))


def test_what_became_a_link_since_it_was_checked_is_not_followed(tmp_path: Path) -> None:
    folder, elsewhere = tmp_path / "keys", tmp_path / "elsewhere"
    for each in (folder, elsewhere):
        (each / "inner").mkdir(parents=True)
        (each / "inner" / "key").write_text(each.name)
    place = folder / "inner" / "key"
    with open_exactly(place) as file:
        assert file.read() == b"keys"
    (folder / "inner").rename(folder / "before")
    (folder / "inner").symlink_to(elsewhere / "inner")
    with pytest.raises(NotADirectoryError):
        open_exactly(place)
    place = elsewhere / "inner" / "link"
    place.symlink_to(elsewhere / "inner" / "key")
    with pytest.raises(OSError, match="symbolic links"):
        open_exactly(place)


def test_a_circle_of_links_is_said_to_be_one(tmp_path: Path) -> None:
    circle = tmp_path / "circle"
    circle.symlink_to(circle)
    assert "Too many levels of symbolic links" in why_not(keyring(), File(str(circle)))


def test_a_device_is_not_even_opened() -> None:
    assert "not a regular file" in why_not(keyring(), File("/dev/zero"))


def test_files_are_read_only_where_the_settings_allow_it_whatever_links_say(tmp_path: Path) -> None:
    allowed, other = tmp_path / "allowed", tmp_path / "other"
    for folder in (allowed, other):
        folder.mkdir()
        (folder / "key").write_text(folder.name)
    (allowed / "link").symlink_to(other / "key")
    (tmp_path / "linked").symlink_to(allowed)
    ring = Keyring(environ={}, forbidden_folder=None, secrecy=Secrecy(folders=(tmp_path / "linked",)))
    assert key_of(ring, File(str(allowed / "key"))) == "allowed"
    for path in (other / "key", allowed / "link", allowed / ".." / "other" / "key"):
        assert "in no folder that the settings allow" in why_not(ring, File(str(path)))


def test_variables_are_read_only_where_the_settings_allow_it() -> None:
    ring = Keyring(environ={"HOOK_A": "a", "PATH": "b"}, forbidden_folder=None, secrecy=Secrecy(variables=("HOOK_*",)))
    assert key_of(ring, EnvironmentVariable("HOOK_A")) == "a"
    assert "the settings do not allow" in why_not(ring, EnvironmentVariable("PATH"))


@pytest.mark.parametrize(
    ("webhook", "place"),
    [
        (make_webhook(signature_key=Value("****")), "signatureKey"),
        (make_webhook(http_auth=Basic("account", Value("****"))), "httpAuth"),
        (make_webhook(http_auth=Bearer(Value("****"))), "httpAuth"),
        (make_webhook(http_headers={"X-A": "a", "X-B": "****"}), "httpHeaders/X-B"),
    ],
)
def test_what_no_key_has_opened_blocks_and_says_what_to_do(webhook: WebHook, place: str) -> None:
    read = keyring().read(webhook)
    assert isinstance(read, Unreadable)
    assert read.reason.startswith(f"{place}: the stored secret cannot be decrypted; write it anew, or start")

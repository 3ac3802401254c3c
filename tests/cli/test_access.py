import pytest

from cli.conftest import Served

PASSWORD = b"correct horse battery\n"


def test_a_token_is_made_listed_and_revoked(served: Served) -> None:
    told = served.right("token", "create", "shop", "--scope", "publish", "--type", "shop.paid", "--expires", "30d")
    assert told.out.startswith("bw_")
    assert "shown this once" in told.err
    assert "shop.paid" in served.right("token", "list").out
    assert {row["name"] for row in served.right("token", "list", "--json").items()} == {"admin", "shop"}
    rotated = served.right("token", "rotate", "shop", "--yes")
    assert rotated.out.startswith("bw_")
    assert rotated.out != told.out
    assert served.right("token", "revoke", "shop", "--yes").out == "the token shop is revoked\n"
    assert served("token", "revoke", "shop", "--yes").code == 1


def test_people_are_added_changed_and_removed(served: Served) -> None:
    told = served.right("person", "add", "nadia", "--scope", "write", "--password-stdin", stdin=PASSWORD)
    assert "/sign-in with write" in told.out
    served.right("person", "add", "omar", "--scope", "read", "--no-password")
    assert "password or link" in served.right("person", "list").out
    listed = {row["name"]: row["hasPassword"] for row in served.right("person", "list", "--json").items()}
    assert (listed["nadia"], listed["omar"]) == (True, False)
    served.right("person", "set-password", "omar", "--password-stdin", stdin=PASSWORD)
    assert "has read" in served.right("person", "set-scopes", "nadia", "--scope", "read").out
    for name in ("nadia", "omar"):
        assert "sign in no more" in served.right("person", "remove", name, "--yes").out


def test_people_change_their_own_password_without_a_token(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    served.right("person", "add", "pia", "--scope", "read", "--password-stdin", stdin=PASSWORD)
    change = ("person", "change-password", "pia", "--password-stdin")
    monkeypatch.setenv("BELLWIRE_TOKEN", "bw_wrong")
    assert "two lines" in served(*change, stdin=PASSWORD).err
    both = PASSWORD + b"another good password\n"
    assert "must sign in again" in served.right(*change, stdin=both).out
    assert "do not go together" in served(*change, stdin=both).err
    assert "there is no terminal" in served("person", "change-password", "pia").err


def test_a_password_needs_somebody_to_ask_or_standard_input(served: Served) -> None:
    assert (told := served("person", "add", "nadia", "--scope", "read")).code == 2, told
    assert "--password-stdin" in told.err
    both = served("person", "add", "nadia", "--scope", "read", "--password-stdin", "--no-password")
    assert both.code == 2


def test_a_login_link_is_a_whole_address(served: Served) -> None:
    told = served.right("login-link")
    assert told.out.startswith("http://127.0.0.1:")
    assert "/sign-in/link?code=" in told.out
    assert "valid until" in told.err
    assert served("login-link", "--person", "nobody").code == 1


def test_sessions_are_listed_and_an_unknown_one_cannot_be_ended(served: Served) -> None:
    assert "NAME" in served.right("session", "list").out
    assert served.right("session", "list", "--json").out == ""
    assert served("session", "end", "nothing").code == 1


def test_the_audit_trail_is_listed_and_filtered(served: Served) -> None:
    served.right("event-type", "declare", "audited.once", "--level", "warn")
    table = served.right("audit", "list", "--object", "audited.once").out
    assert "event-type.declare" in table
    assert "token admin" in table
    (entry,) = served.right("audit", "list", "--object", "audited.once", "--json").items()
    assert (entry["by"], entry["action"]) == ("admin", "event-type.declare")
    assert "nothing was changed" in served.right("audit", "list", "--object", "nothing").err

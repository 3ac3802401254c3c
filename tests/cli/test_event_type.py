import pytest

from cli.conftest import Served


def shown(served: Served, type_id: str) -> dict[str, object]:
    (found,) = served.right("event-type", "show", type_id, "--json").items()
    return found


def test_all_that_is_known_about_a_type_is_shown(served: Served) -> None:
    lines = served.right("event-type", "show", "auth.failed").out.splitlines()
    assert lines[0] == "auth.failed"
    assert "sign-in was refused" in lines[1]
    text = "\n".join(lines)
    assert "group         Sign-in" in text
    assert "former names  auth.failure" in text
    assert "remotePort   integer in port: " in text


def test_a_former_name_is_shown_with_what_it_is_today(served: Served) -> None:
    assert "today      message-ingest.ham" in served.right("event-type", "show", "store.ingest").out


def test_a_level_is_set_and_reset(served: Served) -> None:
    webhook = ("webhook", "create", "--url", "http://127.0.0.1:9/", "--event", "smtp.ehlo")
    served.right(*webhook)
    told = served.right("event-type", "level", "smtp.ehlo", "warn")
    assert told.out == "smtp.ehlo has level warn; 1 webhook wanting it\n"
    assert "warn (its own: " in served.right("event-type", "show", "smtp.ehlo").out
    assert "warn: instead of " in served.right("event-types", "smtp.ehlo").out
    told = served.right("event-type", "level", "smtp.ehlo", "disable")
    assert told.out == "smtp.ehlo is disabled: no webhook gets it\n"
    assert shown(served, "smtp.ehlo")["webhooksWanting"] == 0
    served.right("event-type", "level", "smtp.ehlo", "reset")
    assert shown(served, "smtp.ehlo")["disabled"] is False


def test_a_level_of_an_unknown_type_is_a_slip_and_declares_nothing(served: Served) -> None:
    told = served("event-type", "level", "auth.sucess", "warn")
    assert (told.code, "did you mean auth.success?" in told.err) == (1, True)
    assert served("event-type", "show", "auth.sucess").code == 1


def test_a_type_of_one_s_own_is_declared_and_declared_anew(served: Served) -> None:
    told = served.right("event-type", "declare", "depot.van-left", "--level", "warn", "--description", "A van left.")
    assert told.out == "depot.van-left has level warn; 0 webhooks wanting it\n"
    served.right("event-type", "declare", "depot.van-left", "--level", "debug")
    found = shown(served, "depot.van-left")
    assert (found["level"], found["description"], found["comesWithBellwire"]) == ("debug", "A van left.", False)


@pytest.mark.parametrize(
    ("type_id", "code", "words"),
    [
        ("auth.success", 1, "to set its level: bellwire event-type level auth.success warn"),
        ("store.ingest", 1, "choose a name of your own"),
        ("Depot", 1, "write it in lower case with a dot"),
    ],
)
def test_what_cannot_be_declared_is_told_with_what_can(served: Served, type_id: str, code: int, words: str) -> None:
    told = served("event-type", "declare", type_id, "--level", "warn")
    assert (told.code, words in told.err) == (code, True), told

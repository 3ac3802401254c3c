import os
from pathlib import Path

import pytest

from bellwire.senders import authorities
from bellwire.senders.authorities import Authorities, NoAuthorities, find_authorities


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A system whose usual places are all in a folder of the test; a file first, a folder of certificates second."""
    monkeypatch.setattr(authorities, "FILES", (str(tmp_path / "bundle.pem"),))
    monkeypatch.setattr(authorities, "FOLDERS", (str(tmp_path / "certs"),))
    monkeypatch.setattr(authorities, "openssl_places", lambda: ("", ""))
    (tmp_path / "certs").mkdir()
    return tmp_path


def test_the_file_of_the_system_is_taken_before_its_folder(places: Path) -> None:
    (places / "bundle.pem").touch()
    (places / "certs" / "00000000.0").touch()
    assert find_authorities({}) == Authorities(file=str(places / "bundle.pem"), folders=None)


def test_the_folder_is_taken_when_there_is_no_file(places: Path) -> None:
    (places / "certs" / "00000000.0").touch()
    assert find_authorities({}) == Authorities(file=None, folders=str(places / "certs"))


def test_an_empty_folder_is_none(places: Path) -> None:
    assert (places / "certs").exists()
    found = find_authorities({})
    assert isinstance(found, NoAuthorities)
    assert "ca-certificates" in found.reason


def test_what_the_environment_names_is_taken_alone(places: Path, tmp_path: Path) -> None:
    (places / "bundle.pem").touch()
    own = tmp_path / "own.pem"
    own.touch()
    assert find_authorities({"SSL_CERT_FILE": str(own)}) == Authorities(file=str(own), folders=None)


def test_a_file_and_folders_of_the_environment_are_taken_together(places: Path) -> None:
    (places / "bundle.pem").touch()
    (places / "certs" / "00000000.0").touch()
    folders = os.pathsep.join(("/nonexistent", str(places / "certs")))
    found = find_authorities({"SSL_CERT_FILE": str(places / "bundle.pem"), "SSL_CERT_DIR": folders})
    assert found == Authorities(file=str(places / "bundle.pem"), folders=folders)


def test_a_setting_that_leads_nowhere_is_not_made_up_for_by_the_system(places: Path) -> None:
    (places / "bundle.pem").touch()
    assert find_authorities({"SSL_CERT_FILE": "/nonexistent"}) == NoAuthorities(
        "there are no certificate authorities at SSL_CERT_FILE=/nonexistent; correct the setting, or remove it"
    )

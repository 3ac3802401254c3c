"""Where this system keeps the certificate authorities that it trusts.

libcurl as pycurl's wheels bring it knows one distribution's place only.
"""

import os
import ssl
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

import msgspec

FILES: Final = (
    "/etc/ssl/certs/ca-certificates.crt",  # Debian, Ubuntu, Arch, Gentoo
    "/etc/pki/tls/certs/ca-bundle.crt",  # Fedora, Red Hat
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",  # newer Fedora, Red Hat
    "/etc/ssl/ca-bundle.pem",  # SUSE
    "/etc/ssl/cert.pem",  # Alpine, macOS, OpenBSD
    "/usr/local/etc/ssl/cert.pem",  # FreeBSD
)
FOLDERS: Final = ("/etc/ssl/certs", "/etc/pki/tls/certs")


class Authorities(msgspec.Struct, frozen=True, kw_only=True):
    """What certificates are checked against: a PEM file, folders of OpenSSL's kind (`:` between them), or both."""

    file: str | None
    folders: str | None


class NoAuthorities(msgspec.Struct, frozen=True):
    """There are none. reason: why not and what to do, for a person."""

    reason: str


def find_authorities(environment: Mapping[str, str] = os.environ) -> Authorities | NoAuthorities:
    """SSL_CERT_FILE and SSL_CERT_DIR when one of them is set (then nothing else), otherwise the system's usual places.

    A file is taken before a folder: libcurl keeps what it read from a file, a folder it reads for each connection.
    """
    file, folders = environment.get("SSL_CERT_FILE"), environment.get("SSL_CERT_DIR")
    if file or folders:
        return _chosen(file or "", folders or "")
    openssl_file, openssl_folder = openssl_places()
    if found := _first_file((openssl_file, *FILES)):
        return Authorities(file=found, folders=None)
    if found := _first_folder((openssl_folder, *FOLDERS)):
        return Authorities(file=None, folders=found)
    return NoAuthorities(
        "this system has no certificate authorities to check the endpoint's certificate against; "
        "install them (the package is usually called ca-certificates), or set SSL_CERT_FILE to a PEM file"
    )


def openssl_places() -> tuple[str, str]:
    """The file and the folder that Python's OpenSSL was built to look for, there or not."""
    paths = ssl.get_default_verify_paths()
    return paths.openssl_cafile, paths.openssl_capath


def _chosen(file: str, folders: str) -> Authorities | NoAuthorities:
    found = Authorities(
        file=_first_file((file,)),
        folders=folders if _first_folder(folders.split(os.pathsep)) else None,
    )
    if found.file or found.folders:
        return found
    settings = (f"SSL_CERT_FILE={file}" if file else "", f"SSL_CERT_DIR={folders}" if folders else "")
    return NoAuthorities(
        f"there are no certificate authorities at {' '.join(settings).strip()}; correct the setting, or remove it"
    )


def _first_file(places: Iterable[str]) -> str | None:
    return next((place for place in places if place and Path(place).is_file()), None)


def _first_folder(places: Iterable[str]) -> str | None:
    return next((place for place in places if place and any(Path(place).glob("*.0"))), None)

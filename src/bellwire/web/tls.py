"""The server's side of TLS: its certificate, read again when the files change, while connections go on."""

import ssl
from typing import NoReturn

import structlog

from bellwire.errors import Fault, InvalidSetting
from bellwire.model.listening import TlsFiles

_log = structlog.get_logger(__name__)

Stamp = tuple[tuple[int, int, int], ...]


class ServerTls:
    """Speaks TLS 1.2 or later with the pair that was read last and was sound.

    context: what to give a listener; each handshake gets the pair that counts then.
    """

    def __init__(self, files: TlsFiles) -> None:
        """Raises InvalidSetting where the pair cannot be used."""
        self._files = files
        self._stamp = self._look_at_files()
        try:
            self._current = _context_of(files)
        except (OSError, ValueError) as problem:
            message = f"{_trouble(files, problem)}; name a PEM file with the certificate and its chain, and its key"
            raise InvalidSetting(
                f"tls.certificate: {message}", faults=(Fault("tls.certificate", message),)
            ) from problem
        self.context = _context_of(files)
        self.context.sni_callback = self._choose  # asked in every handshake, also without a name

    def look(self) -> None:
        """Take another pair if the files have changed; one that cannot be used is reported once and changes nothing."""
        stamp = self._look_at_files()
        if stamp == self._stamp:
            return
        self._stamp = stamp
        try:
            self._current = _context_of(self._files)
        except (OSError, ValueError) as problem:
            _log.error(
                "the new certificate cannot be used; the one before is kept", reason=_trouble(self._files, problem)
            )
        else:
            _log.info("the certificate was read again", file=str(self._files.certificate))

    def _choose(self, handshake: ssl.SSLObject, _name: str | None, _context: ssl.SSLContext) -> None:
        handshake.context = self._current

    def _look_at_files(self) -> Stamp:
        stamps = []
        for file in self._files:
            try:
                found = file.stat()
            except OSError:
                stamps.append((0, 0, 0))
            else:
                stamps.append((found.st_mtime_ns, found.st_size, found.st_ino))
        return tuple(stamps)


def _context_of(files: TlsFiles) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    context.load_cert_chain(files.certificate, files.key, password=_no_password)
    return context


def _no_password() -> NoReturn:
    raise ValueError("the key is encrypted; write it without a password, readable by the server's user only")


def _trouble(files: TlsFiles, problem: OSError | ValueError) -> str:
    for file in files:
        try:
            file.open("rb").close()
        except OSError as unreadable:
            return f"{file} cannot be read: {unreadable.strerror}"
    pair = f"{files.certificate} and {files.key}"
    if isinstance(problem, ssl.SSLError):
        reason = {"KEY_VALUES_MISMATCH": "the key belongs to another certificate"}.get(
            problem.reason or "", "they are no PEM files of a certificate and a key"
        )
        return f"{pair} cannot be used: {reason}"
    return f"{pair} cannot be used: {problem}"

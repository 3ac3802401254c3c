"""Says for a person why no answer came."""

import errno
import os
from typing import Final, assert_never
from urllib.parse import urlsplit

import msgspec
import pycurl  # type: ignore[import-untyped] # it brings no types

from bellwire.model.attempt import NoAnswer, Request, Timings, Trouble
from bellwire.model.duration import show_duration
from bellwire.senders.transfers import Ending

LIBCURL_WORDS_MAX: Final = 300
"""Characters of libcurl's own message, which may quote what the endpoint sent."""

_TROUBLES: Final = {
    pycurl.E_COULDNT_RESOLVE_HOST: Trouble.NAME_LOOKUP,
    pycurl.E_URL_MALFORMAT: Trouble.NAME_LOOKUP,
    pycurl.E_COULDNT_CONNECT: Trouble.CONNECT,
    pycurl.E_OPERATION_TIMEDOUT: Trouble.TIMEOUT,
    pycurl.E_PEER_FAILED_VERIFICATION: Trouble.TLS,
    pycurl.E_SSL_CACERT_BADFILE: Trouble.TLS,
    pycurl.E_SSL_CONNECT_ERROR: Trouble.TLS,
    pycurl.E_GOT_NOTHING: Trouble.RESET,
    pycurl.E_RECV_ERROR: Trouble.RESET,
    pycurl.E_SEND_ERROR: Trouble.RESET,
    pycurl.E_OK: Trouble.RESET,  # libcurl takes an end in the middle of a header for the end of the answer
}
"""Every other code is bad HTTP."""

# OpenSSL's X509_V_ERR_*, see https://docs.openssl.org/3.0/man3/X509_STORE_CTX_get_error/
# Names are checked by libcurl, which says 1, "unspecified"; older ones left 0, "no fault of OpenSSL's".
_OTHER_NAME: Final = "the certificate is for another name"
_UNKNOWN_AUTHORITY: Final = "the certificate is not signed by an authority that this system trusts"
_CERTIFICATE_FAULTS: Final = {
    0: _OTHER_NAME,
    1: _OTHER_NAME,
    9: "the certificate is not valid yet",
    10: "the certificate has expired",
    18: _UNKNOWN_AUTHORITY,
    19: _UNKNOWN_AUTHORITY,
    20: _UNKNOWN_AUTHORITY,
    21: _UNKNOWN_AUTHORITY,
}


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """A transfer that ended before a complete header had come, and how far it was then.

    refusal: why the answer was not read on, empty when nothing was wrong with it. status: of the last status line, 0
    before one. kept: it had a connection that was open before. error_number: the operating system's, 0 for none.
    verify_result: one of OpenSSL's X509_V_ERR_*. refused_addresses: why some may not be reached.
    """

    request: Request
    ending: Ending
    timings: Timings
    refusal: str
    status: int
    kept: bool
    sent_bytes: int
    error_number: int
    verify_result: int
    refused_addresses: str = ""


def no_answer(failure: Failure) -> NoAnswer:
    """The trouble and a sentence for it."""
    trouble = Trouble.BAD_HTTP if failure.refusal else _TROUBLES.get(failure.ending.code, Trouble.BAD_HTTP)
    return NoAnswer(trouble=trouble, detail=_sentence(failure, trouble), timings=failure.timings)


def _sentence(failure: Failure, trouble: Trouble) -> str:
    match trouble:
        case Trouble.NAME_LOOKUP:
            return f"the name lookup failed: {_words(failure)}"
        case Trouble.CONNECT:
            return _connect_sentence(failure)
        case Trouble.TLS:
            return f"{_tls_fault(failure)}: {_words(failure)}"
        case Trouble.TIMEOUT:
            return f"no answer within {show_duration(failure.request.timeout_ms)} ({_progress(failure)})"
        case Trouble.RESET:
            return f"the endpoint closed the connection without an answer ({_progress(failure)})"
        case Trouble.BAD_HTTP:
            return f"the endpoint's answer {failure.refusal or _http_fault(failure)}"
        case _:
            assert_never(trouble)


def _connect_sentence(failure: Failure) -> str:
    url = urlsplit(failure.request.url)
    host = f"[{url.hostname}]" if url.hostname and ":" in url.hostname else url.hostname
    endpoint = f"{host}:{url.port or (443 if url.scheme == 'https' else 80)}"
    others = f"; {failure.refused_addresses}" if failure.refused_addresses else ""
    if failure.error_number == errno.ECONNREFUSED:
        return f"connection refused by {endpoint}{others}"
    reason = os.strerror(failure.error_number) if failure.error_number else _words(failure)
    return f"could not connect to {endpoint}: {reason}{others}"


def _tls_fault(failure: Failure) -> str:
    if failure.ending.code == pycurl.E_SSL_CACERT_BADFILE:
        return "the certificate authorities of this system cannot be read"
    if failure.ending.code == pycurl.E_PEER_FAILED_VERIFICATION:
        return _CERTIFICATE_FAULTS.get(failure.verify_result, "the certificate is not valid")
    return "the TLS handshake failed"


def _http_fault(failure: Failure) -> str:
    if failure.ending.code == pycurl.E_UNSUPPORTED_PROTOCOL:
        return f"does not begin as HTTP/1 does: {_words(failure)}"
    return f"is not valid HTTP: {_words(failure)}"


def _progress(failure: Failure) -> str:
    timings = failure.timings
    if failure.kept:
        connected = "on a kept connection"
    elif timings.connect_us is not None:
        connected = f"connected after {_show_us(timings.connect_us)}"
    elif timings.name_lookup_us is not None:
        return f"name looked up after {_show_us(timings.name_lookup_us)}, not connected"
    else:
        return "name lookup not finished"
    if urlsplit(failure.request.url).scheme == "https" and not failure.kept and timings.tls_us is None:
        return f"{connected}, TLS handshake not finished"
    body_bytes = len(failure.request.body)
    sent = "request sent" if failure.sent_bytes == body_bytes else f"{failure.sent_bytes} of {body_bytes} bytes sent"
    return f"{connected}, {sent}{f', last status line {failure.status}' if failure.status else ''}"


def _words(failure: Failure) -> str:
    """What libcurl says, fit to be shown and stored."""
    words = failure.ending.message[:LIBCURL_WORDS_MAX]
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in words)


def _show_us(duration_us: int) -> str:
    return f"{duration_us / 1000:.1f} ms" if duration_us < 1_000_000 else f"{duration_us / 1_000_000:.1f} s"

"""Takes an answer as libcurl reads it, within limits."""

import re
from typing import Final

from bellwire.model.attempt import ANSWER_BYTES_KEPT_MAX, ANSWER_BYTES_READ_MAX

HEADER_BYTES_MAX: Final = 64 * 1024
"""Of one answer: its final header, the interim ones before it and the trailers behind it together."""

_STATUS_LINE: Final = re.compile(rb"HTTP/\d(?:\.\d)? ([1-9]\d\d)[ \r\n]")
_SWITCHING_PROTOCOLS: Final = 101
_FINAL_STATUS_MIN: Final = 200
"""RFC 9110 §15.2: an answer with a lower status is interim, the final one is still to come."""

_STOP: Final = 0
"""Told to libcurl as the number of bytes taken, it ends the transfer."""


class AnswerReader:
    """Reads one answer after the other; start() stands before each.

    begun: something of a header has come. complete: all of a final header has come. refusal: why the answer was not
    read on before that, in words that follow "the endpoint's answer". body: its first bytes.
    """

    def __init__(self) -> None:
        self.start()

    def start(self) -> None:
        """Forget the answer before."""
        self.status = 0
        self.complete = False
        self.refusal = ""
        self.body = b""
        self._lines: list[bytes] = []
        self._header_bytes = 0
        self._body_bytes = 0

    @property
    def begun(self) -> bool:
        """See the class."""
        return self._header_bytes > 0

    def take_header_line(self, line: bytes) -> int | None:
        """Take a line with its end: a status line, a field, the empty line behind them, a trailer."""
        self._header_bytes += len(line)
        if self._header_bytes > HEADER_BYTES_MAX:
            return self._refuse(f"has more than {HEADER_BYTES_MAX // 1024} KiB of header")
        if self.complete:
            return None
        if not self._lines:
            return self._take_status_line(line)
        if line.strip(b"\r\n"):
            self._lines.append(line)
            return None
        self._end_header()
        return None

    def take_body(self, piece: bytes) -> int | None:
        """Take the next bytes of the body."""
        self._body_bytes += len(piece)
        if len(self.body) < ANSWER_BYTES_KEPT_MAX:
            self.body += piece[: ANSWER_BYTES_KEPT_MAX - len(self.body)]
        return _STOP if self._body_bytes >= ANSWER_BYTES_READ_MAX else None

    def headers(self) -> tuple[tuple[str, str], ...]:
        """The fields of the final header in their order, names in lower case, each byte a character."""
        fields = (line.decode("latin-1").partition(":") for line in self._lines[1:])
        return tuple((name.strip().lower(), value.strip()) for name, _, value in fields)

    def _take_status_line(self, line: bytes) -> int | None:
        found = _STATUS_LINE.match(line)
        if found is None:
            return self._refuse("begins with a malformed status line")
        self.status = int(found[1])
        if self.status == _SWITCHING_PROTOCOLS:
            return self._refuse("switches to another protocol (status 101), for which nobody has asked")
        self._lines.append(line)
        return None

    def _end_header(self) -> None:
        if self.status >= _FINAL_STATUS_MIN:
            self.complete = True
        else:
            self._lines.clear()

    def _refuse(self, reason: str) -> int:
        self.refusal = reason
        return _STOP

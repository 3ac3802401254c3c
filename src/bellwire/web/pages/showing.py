"""How pages write times, lengths of time, sizes and counts for people."""

from typing import Final
from urllib.parse import urlsplit

from bellwire.web.answers import show_time_ms

_SECOND_MS: Final = 1_000
_STEPS: Final = ((86_400_000, "d"), (3_600_000, "h"), (60_000, "min"), (_SECOND_MS, "s"))
_SIZES: Final = ((2**40, "TiB"), (2**30, "GiB"), (2**20, "MiB"), (2**10, "KiB"))
_TENTHS_BELOW: Final = 10
_RATE_LEAST: Final = 0.1


def show_span(length_ms: float) -> str:
    """A length of time in at most two units: 0.4 → `0.4 ms`, 250 → `250 ms`, 1500 → `1.5 s`, 5400000 → `1 h 30 min`."""
    if length_ms < _TENTHS_BELOW and length_ms != int(length_ms):
        return f"{length_ms:.1f} ms"
    if length_ms < _SECOND_MS:
        return f"{length_ms:.0f} ms"
    if length_ms < _TENTHS_BELOW * _SECOND_MS:
        return f"{length_ms / _SECOND_MS:.1f}".removesuffix(".0") + " s"
    rest_ms = int(length_ms)
    parts: list[str] = []
    for unit_ms, unit in _STEPS:
        count, rest_ms = divmod(rest_ms, unit_ms)
        if count or parts:
            parts.append(f"{count} {unit}" if count else "")
        if len(parts) == 2:
            break
    return " ".join(filter(None, parts))


def show_bytes(size: int) -> str:
    """A size with at most one decimal: 512 → `512 B`, 1536 → `1.5 KiB`."""
    for unit_bytes, unit in _SIZES:
        if size >= unit_bytes:
            return f"{size / unit_bytes:.1f}".removesuffix(".0") + f" {unit}"
    return f"{size} B"


def show_count(count: int) -> str:
    """Digits in groups of three: 1234567 → `1,234,567`."""
    return f"{count:,}"


def show_rate(rate: float) -> str:
    """How many there are on average: 1234.5 → `1,235`, 2.345 → `2.3`, 0.02 → `<0.1`."""
    if 0 < rate < _RATE_LEAST:
        return f"<{_RATE_LEAST}"
    return show_count(round(rate)) if rate >= _TENTHS_BELOW else f"{rate:.1f}".removesuffix(".0")


def show_share(share: float) -> str:
    """A share in per cent, never rounded up to all of them nor down to none: 1 → `100 %`, 0.99999 → `99.9 %`."""
    tenths = round(share * 1_000)
    if 0 < share < 1:
        tenths = min(max(tenths, 1), 999)
    return f"{tenths / 10:.1f}".removesuffix(".0") + " %"


def plural(count: int, one: str, many: str = "") -> str:
    """A count with its noun: `1 event`, `1,200 events`."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def clock_time(time_ms: int) -> str:
    """A point in time as it stands where no script puts it into the viewer's zone: `2026-11-25 09:41:07 UTC`."""
    return show_time_ms(time_ms)[:19].replace("T", " ") + " UTC"


def host_of(url: str) -> str:
    """Host and port of a URL."""
    return urlsplit(url).netloc


def path_of(url: str) -> str:
    """What follows the host in a URL."""
    parts = urlsplit(url)
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")

"""May one more come now?"""

import functools
import ipaddress
from typing import Final

import msgspec

FAILURES_FREE: Final = 5
"""So many failures in a row cost no pause: people mistype."""

PAUSE_FIRST_MS: Final = 1_000
PAUSE_MOST_MS: Final = 60_000
"""The pause doubles up to this, so that nobody who guesses can keep others out for long."""

FORGOTTEN_AFTER_MS: Final = 900_000
"""Without a failure for so long, all before are forgotten."""


ADDRESSES_KEPT_MAX: Final = 1_024
"""Looked at and remembered: one client makes many calls."""

NETWORK_BITS: Final = 64


class Bucket(msgspec.Struct, frozen=True):
    """How many more may come at once, and since when that holds."""

    left: float
    at_ms: int


class Failures(msgspec.Struct, frozen=True):
    """How many failures there were in a row, and when the last one was."""

    count: int = 0
    last_at_ms: int = 0


def take(bucket: Bucket | None, *, now_ms: int, per_second: float, burst: int) -> tuple[Bucket, int]:
    """Let one more come; what is left then, and 0, or for how many milliseconds it has to wait instead.

    None: nobody came yet. A bucket holds at most burst and fills at per_second.
    """
    if bucket is None:
        bucket = Bucket(burst, now_ms)
    left = min(float(burst), bucket.left + max(0, now_ms - bucket.at_ms) * per_second / 1000)
    if left >= 1:
        return Bucket(left - 1, now_ms), 0
    return Bucket(left, now_ms), int((1 - left) * 1000 / per_second) + 1


def failed_again(failures: Failures | None, *, now_ms: int) -> Failures:
    """After one more failure; None: after the first."""
    before = 0 if failures is None or _is_forgotten(failures, now_ms) else failures.count
    return Failures(before + 1, now_ms)


def pause_ms(failures: Failures | None, *, now_ms: int) -> int:
    """How long nobody may try again: it doubles with every failure beyond FAILURES_FREE; 0 if one may now."""
    if failures is None or failures.count < FAILURES_FREE or _is_forgotten(failures, now_ms):
        return 0
    doublings = min(failures.count - FAILURES_FREE, PAUSE_MOST_MS.bit_length())
    until_ms = failures.last_at_ms + min(PAUSE_MOST_MS, PAUSE_FIRST_MS << doublings)
    return max(0, until_ms - now_ms)


def forgiven(failures: Failures) -> Failures:
    """As if the last of the failures had been none."""
    return Failures(failures.count - 1, failures.last_at_ms)


@functools.lru_cache(maxsize=ADDRESSES_KEPT_MAX)
def is_loopback(address: str) -> bool:
    """Whether a call from that address comes from this machine."""
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def network_of(address: str) -> str:
    """Whom an address stands for: whoever has one IPv6 address has all that begin with the same NETWORK_BITS."""
    try:
        read = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(read, ipaddress.IPv6Address) and read.ipv4_mapped is None:
        return str(ipaddress.ip_network((read, NETWORK_BITS), strict=False))
    return address


def _is_forgotten(failures: Failures, now_ms: int) -> bool:
    return now_ms - failures.last_at_ms > FORGOTTEN_AFTER_MS

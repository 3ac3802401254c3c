"""The failure counter: makes whoever guesses wait, by name and by address."""

from typing import Final, TypeVar

from bellwire.clock import Clock
from bellwire.rules.limiting import Bucket, Failures, failed_again, forgiven, network_of, pause_ms, take

REMEMBERED_MAX: Final = 10_000
"""Names, and addresses, that are remembered; the one that was seen longest ago gives way."""

REFUSALS_PER_MINUTE: Final = 10
"""So many wrong tokens from one address are answered as such; more are told to wait."""

_K = TypeVar("_K")
_T = TypeVar("_T")


class FailureCounter:
    """Keeps what it knows in memory: a restart forgives."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._names: dict[str, Failures] = {}
        self._addresses: dict[str, Failures] = {}
        self._refusals: dict[str, Bucket] = {}

    def wait_ms(self, name: str, address: str) -> int:
        """How long nobody may try to sign in under that name, or from that address; 0 if one may."""
        now_ms = self._clock.steady_ms()
        return max(
            pause_ms(self._names.get(name), now_ms=now_ms),
            pause_ms(self._addresses.get(network_of(address)), now_ms=now_ms),
        )

    def begin(self, name: str, address: str) -> None:
        """Count an attempt to sign in as failed: so that many at once are counted before the first has failed."""
        now_ms = self._clock.steady_ms()
        for failures, key in ((self._names, name), (self._addresses, network_of(address))):
            remember(failures, key, failed_again(failures.get(key), now_ms=now_ms))

    def forgive(self, name: str, address: str) -> None:
        """The attempt did not fail. Others from the address may have, who are not forgiven by it."""
        self._names.pop(name, None)
        network = network_of(address)
        if network in self._addresses:
            self._addresses[network] = forgiven(self._addresses[network])

    def refuse(self, address: str) -> int:
        """Count a wrong token; for how many milliseconds the address has to wait, 0 if that is still answered."""
        network = network_of(address)
        bucket, wait_ms = take(
            self._refusals.get(network),
            now_ms=self._clock.steady_ms(),
            per_second=REFUSALS_PER_MINUTE / 60,
            burst=REFUSALS_PER_MINUTE,
        )
        remember(self._refusals, network, bucket)
        return wait_ms


def remember(known: dict[_K, _T], key: _K, value: _T) -> None:
    """Put one more in, as the one that was seen last; at most REMEMBERED_MAX are kept."""
    known.pop(key, None)
    known[key] = value
    if len(known) > REMEMBERED_MAX:
        del known[next(iter(known))]

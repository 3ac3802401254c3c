"""The source failures: makes whoever guesses at a source wait, and nobody else."""

from bellwire.clock import Clock
from bellwire.engine.failure_counter import remember
from bellwire.engine.source_registrar import SourceRegistrar
from bellwire.rules.limiting import Failures, failed_again, network_of, pause_ms

_Key = tuple[str, str]


class SourceFailures:
    """Counts by source and address: an upstream server is held up by no other's failures. Names of no source count as
    one, so that nobody tries many. A restart forgives.
    """

    def __init__(self, clock: Clock, registrar: SourceRegistrar) -> None:
        self._clock = clock
        self._registrar = registrar
        self._failures: dict[_Key, Failures] = {}

    def wait_ms(self, name: str, address: str) -> int:
        """How long nothing is taken for that source from that address; 0 if it is."""
        return pause_ms(self._failures.get(self._key(name, address)), now_ms=self._clock.steady_ms())

    def count(self, name: str, address: str) -> None:
        """A request was refused, as it does not show what the source asks for."""
        key = self._key(name, address)
        remember(self._failures, key, failed_again(self._failures.get(key), now_ms=self._clock.steady_ms()))

    def forgive(self, name: str, address: str) -> None:
        """A request has shown it."""
        self._failures.pop(self._key(name, address), None)

    def _key(self, name: str, address: str) -> _Key:
        return name if self._registrar.knows(name) else "", network_of(address)

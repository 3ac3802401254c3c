import pytest
from hypothesis import given
from hypothesis import strategies as st

from bellwire.rules.limiting import (
    FAILURES_FREE,
    FORGOTTEN_AFTER_MS,
    PAUSE_FIRST_MS,
    PAUSE_MOST_MS,
    Bucket,
    Failures,
    failed_again,
    forgiven,
    is_loopback,
    network_of,
    pause_ms,
    take,
)


@given(times=st.lists(st.integers(0, 5_000), min_size=1, max_size=200).map(sorted))
def test_never_more_come_than_the_burst_and_what_the_time_allows(times: list[int]) -> None:
    bucket, came = None, 0
    for now_ms in times:
        bucket, wait_ms = take(bucket, now_ms=now_ms, per_second=10, burst=5)
        came += not wait_ms
        assert came <= 5 + (now_ms - times[0]) * 10 / 1000


def test_who_waits_as_long_as_they_are_told_comes() -> None:
    bucket: Bucket | None = None
    for _ in range(3):
        bucket, wait_ms = take(bucket, now_ms=0, per_second=0.5, burst=3)
        assert wait_ms == 0
    bucket, wait_ms = take(bucket, now_ms=0, per_second=0.5, burst=3)
    assert wait_ms > 0
    assert take(bucket, now_ms=wait_ms, per_second=0.5, burst=3)[1] == 0


def test_a_few_failures_cost_nothing_and_further_ones_ever_more_up_to_a_minute() -> None:
    failures: Failures | None = None
    pauses: list[int] = []
    for _ in range(FAILURES_FREE + 20):
        assert pause_ms(failures, now_ms=0) == (pauses[-1] if pauses else 0)
        failures = failed_again(failures, now_ms=0)
        pauses.append(pause_ms(failures, now_ms=0))
    assert pauses[: FAILURES_FREE - 1] == [0] * (FAILURES_FREE - 1)
    assert pauses[FAILURES_FREE - 1 : FAILURES_FREE + 2] == [PAUSE_FIRST_MS, 2 * PAUSE_FIRST_MS, 4 * PAUSE_FIRST_MS]
    assert pauses[-1] == PAUSE_MOST_MS
    assert pause_ms(failures, now_ms=PAUSE_MOST_MS) == 0


def test_failures_are_forgotten_after_a_quiet_time() -> None:
    many = Failures(50, 0)
    assert pause_ms(many, now_ms=FORGOTTEN_AFTER_MS + 1) == 0
    assert failed_again(many, now_ms=FORGOTTEN_AFTER_MS + 1).count == 1


def test_an_attempt_that_did_not_fail_is_taken_back() -> None:
    assert forgiven(failed_again(Failures(3, 5), now_ms=9)) == Failures(3, 9)


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "::ffff:192.0.2.7"),
        ("", ""),
        ("unix", "unix"),
    ],
)
def test_whoever_has_one_address_of_ipv6_has_the_network(address: str, network: str) -> None:
    assert network_of(address) == network


@pytest.mark.parametrize(("address", "is_own"), [("127.0.0.1", True), ("::1", True), ("192.0.2.7", False), ("", False)])
def test_a_call_from_this_machine_is_known(address: str, *, is_own: bool) -> None:
    assert is_loopback(address) is is_own

from hypothesis import given
from hypothesis import strategies as st

from bellwire.model.duration import DurationMs
from bellwire.model.event import Position
from bellwire.model.limits import Limits
from bellwire.model.stretch import Stretch
from bellwire.rules.retaining import removable_before

NOW_MS = 1_800_000_000_000
HUNDREDS = [
    Stretch(first=Position(at), behind=Position(at + 10), accepted_at_ms=NOW_MS - 100 + at, bytes_before=at * 10)
    for at in range(1, 101, 10)
]
"""Ten stretches of ten events and a hundred bytes each; each one was accepted 10 ms after the one before."""


def limits(*, age_ms: int = 1_000_000, size: int = 1_000_000) -> Limits:
    return Limits(retention_age_ms=DurationMs(age_ms), retention_bytes=size)


def before(kept: Limits, *, needed_from: int = 101) -> Position | None:
    return removable_before(
        HUNDREDS, needed_from=Position(needed_from), settled_to=needed_from * 10, now_ms=NOW_MS, limits=kept
    )


def test_what_is_within_the_limits_is_kept() -> None:
    assert before(limits()) is None


def test_what_is_as_old_as_the_limit_goes() -> None:
    assert before(limits(age_ms=99)) == 11
    assert before(limits(age_ms=100)) is None


def test_what_is_more_than_the_limit_goes_oldest_first() -> None:
    assert before(limits(size=1_000)) is None
    assert before(limits(size=999)) == 11
    assert before(limits(size=0)) == 101


def test_only_settled_events_count_and_no_stretch_goes_that_holds_one_that_waits() -> None:
    assert before(limits(size=0), needed_from=1) is None
    assert before(limits(size=0), needed_from=20) == 11
    assert before(limits(size=300), needed_from=51) == 21
    assert before(limits(age_ms=0), needed_from=21) == 21


@given(
    sizes=st.lists(st.integers(1, 9), max_size=20),
    needed=st.integers(0, 200),
    age_ms=st.integers(0, 30),
    size=st.integers(0, 200),
    times=st.lists(st.integers(0, 30), min_size=20, max_size=20),
)
def test_nothing_that_waits_goes_and_what_stays_is_within_the_limits_or_waits(
    sizes: list[int], needed: int, age_ms: int, size: int, times: list[int]
) -> None:
    stretches: list[Stretch] = []
    at = 1
    for count, time in zip(sizes, sorted(times), strict=False):
        stretches.append(
            Stretch(first=Position(at), behind=Position(at + count), accepted_at_ms=time, bytes_before=at - 1)
        )
        at += count
    needed_from = Position(min(needed, at))
    kept = Limits(retention_age_ms=DurationMs(age_ms), retention_bytes=size)
    removed = removable_before(stretches, needed_from=needed_from, settled_to=needed_from - 1, now_ms=30, limits=kept)
    assert removed is None or removed <= needed_from
    left = [stretch for stretch in stretches if removed is None or stretch.first >= removed]
    if left and left[0].behind <= needed_from:
        assert left[0].accepted_at_ms + age_ms > 30
        assert needed_from - 1 - left[0].bytes_before <= size

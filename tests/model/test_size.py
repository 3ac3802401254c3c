import pytest
from hypothesis import given
from hypothesis import strategies as st

from bellwire.model.size import parse_size, show_size


@pytest.mark.parametrize(
    ("written", "size"),
    [
        ("0", 0),
        ("1024", 1_024),
        (1_025, 1_025),
        ("512KiB", 2**19),
        ("1MiB", 2**20),
        ("3GiB", 3 * 2**30),
        ("1TiB", 2**40),
    ],
)
def test_sizes_are_read(written: str | int, size: int) -> None:
    assert parse_size(written) == size


@pytest.mark.parametrize(
    "written", ["", "1 GiB", "1.5GiB", "1gib", "1GB", "-1", "+1", "GiB", "9" * 16, "१KiB", -1, True, 1.5]
)
def test_what_is_no_size_is_answered_with_the_right_form(written: str | int) -> None:
    with pytest.raises(ValueError, match="write it as"):
        parse_size(written)


@given(st.integers(0, 10**15 - 1))
def test_what_is_shown_reads_as_the_same_size(size: int) -> None:
    assert parse_size(show_size(size)) == size


@pytest.mark.parametrize(
    ("size", "shown"), [(0, "0"), (2**30, "1GiB"), (1_536, "1536"), (3 * 2**20, "3MiB"), (2**41, "2TiB")]
)
def test_a_size_is_shown_in_the_largest_unit_that_leaves_nothing_over(size: int, shown: str) -> None:
    assert show_size(size) == shown

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bellwire.model.attempt import AttemptId
from bellwire.model.event import Position
from bellwire.model.live import PLACE_PATTERN, Place, parse_place, show_place

numbers = st.integers(0, 10**18 - 1)
places = st.builds(
    Place,
    position=numbers.map(Position),
    discard=numbers,
    change=numbers,
    attempt=st.from_regex(r"[0-9A-Za-z-]{0,64}", fullmatch=True).map(AttemptId),
)


@given(places)
def test_what_is_written_is_read_as_the_same_place(place: Place) -> None:
    written = show_place(place)
    assert parse_place(written) == place
    assert re.search(PLACE_PATTERN, written)


@pytest.mark.parametrize("text", ["", "17", "1.2.3", "1.2.3.a.b", "-1.2.3.", "1.2.3.\n", "1.2.3.ä", "1" * 19 + ".0.0."])
def test_anything_else_is_refused_with_what_would_be_right(text: str) -> None:
    with pytest.raises(ValueError, match="give the last one that came"):
        parse_place(text)

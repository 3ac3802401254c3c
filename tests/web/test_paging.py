from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from bellwire.web.paging import PAGE_BYTES_MAX, gather

sizes = st.lists(st.sampled_from([1, PAGE_BYTES_MAX // 3, PAGE_BYTES_MAX, 2 * PAGE_BYTES_MAX]), max_size=160)


@given(sizes=sizes, limit=st.integers(1, 130))
async def test_pages_in_a_row_give_each_item_once_within_their_limits(sizes: list[int], limit: int) -> None:
    start = 0

    async def fetch(last: int | None, count: int) -> Sequence[int]:
        first = start if last is None else last + 1
        return range(first, min(first + count, len(sizes)))

    more = True
    while more:
        items, more = await gather(fetch, limit=limit, size=sizes.__getitem__)
        assert items == list(range(start, start + len(items)))
        assert len(items) <= limit
        assert sum(sizes[item] for item in items[:-1]) < PAGE_BYTES_MAX
        assert items or not sizes
        start += len(items)
        full = sum(sizes[item] for item in items) >= PAGE_BYTES_MAX
        assert more == (start < len(sizes))
        assert not more or full or len(items) == limit
    assert start == len(sizes)

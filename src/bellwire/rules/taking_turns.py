"""Whose turn is it, when live delivery and a replay could both send?"""

from typing import Final

LIVE_IN_A_ROW_MAX: Final = 9
"""Requests of live delivery, one after the other, while a replay could send; then the replay has its turn."""


def is_replays_turn(*, live_in_a_row: int) -> bool:
    """Live delivery goes first, but a replay gets at least every tenth turn.

    live_in_a_row: how many requests live delivery has made since a replay that could send had its turn.
    """
    return live_in_a_row >= LIVE_IN_A_ROW_MAX

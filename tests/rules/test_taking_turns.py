from bellwire.rules.taking_turns import is_replays_turn


def test_the_tenth_turn_in_a_row_is_the_replays() -> None:
    assert [is_replays_turn(live_in_a_row=count) for count in (0, 8, 9, 10)] == [False, False, True, True]

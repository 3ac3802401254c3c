import pytest

from bellwire.errors import InvalidObject
from bellwire.rules.rotating import OVERLAP_MS, Rotation, read_rotation


@pytest.mark.parametrize(
    ("written", "rotation"),
    [
        ({}, (None, OVERLAP_MS)),
        ({"overlap": "0s"}, (None, 0)),
        ({"signatureKey": "next", "overlap": "7d"}, ("next", 604_800_000)),
        ({"signatureKey": {"@type": "None"}}, ({"@type": "None"}, OVERLAP_MS)),
    ],
)
def test_a_rotation_is_read(written: dict[str, object], rotation: tuple[object, int]) -> None:
    read: Rotation = read_rotation(written)
    assert (read.key, read.overlap_ms) == rotation


@pytest.mark.parametrize(
    ("written", "paths"),
    [
        ({"overlap": "31d"}, ["overlap"]),
        ({"overlap": -1, "signatureKey": 5}, ["overlap", "signatureKey"]),
        ({"key": "next"}, ["key"]),
    ],
)
def test_all_faults_of_a_rotation_are_told(written: dict[str, object], paths: list[str]) -> None:
    with pytest.raises(InvalidObject) as caught:
        read_rotation(written)
    assert [fault.path for fault in caught.value.faults] == paths

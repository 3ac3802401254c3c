import pytest
from starlette.datastructures import QueryParams

from bellwire.errors import Fault
from bellwire.web.parameters import (
    LIMIT,
    NAME_LENGTH_MAX,
    REPEATED_MAX,
    UNKNOWN_TOLD_MAX,
    Parameters,
    RepeatedParameter,
    text_parameter,
    time_parameter,
)
from bellwire.web.problems import Refused


def faults_of(parameters: Parameters) -> list[Fault]:
    with pytest.raises(Refused) as caught:
        parameters.check()
    return list(caught.value.problem.faults)


TYPE = RepeatedParameter("type", "Of this type.")
SINCE = time_parameter("since", "Since then.")
PLACE = text_parameter("place", "Where.")


def test_sound_parameters_pass() -> None:
    query = QueryParams("limit=5&type=a&type=b&since=1970-01-01T00:00:01.5Z")
    parameters = Parameters(query, (LIMIT, TYPE, SINCE, PLACE))
    assert parameters.read(LIMIT) == 5
    assert parameters.read_all(TYPE) == ["a", "b"]
    assert parameters.read(SINCE) == 1500
    assert parameters.read(PLACE) is None
    parameters.check()


def test_a_name_like_no_other_lists_what_there_is() -> None:
    found = faults_of(Parameters(QueryParams("zzzz=1"), (LIMIT, PLACE)))
    assert found == [Fault("zzzz", "there is no such parameter; there are limit or place")]


def test_an_unknown_parameter_is_told_once_however_often_it_is_given() -> None:
    assert len(faults_of(Parameters(QueryParams("x=1&x=2"), ()))) == 1


def test_the_detail_names_the_first_fault_and_counts_the_others() -> None:
    parameters = Parameters(QueryParams("a=1&b=2&c=3"), ())
    with pytest.raises(Refused, match=r"^a: this call takes no parameters \(and 2 more\)$"):
        parameters.check()


def test_a_flood_of_unknown_names_is_told_in_part() -> None:
    query = "&".join(f"{'x' * 100}{number}=1" for number in range(1000))
    found = faults_of(Parameters(QueryParams(query), (LIMIT,)))
    assert len(found) == UNKNOWN_TOLD_MAX
    assert all(len(fault.path) == NAME_LENGTH_MAX for fault in found)


def test_a_parameter_is_repeated_within_its_limit_only() -> None:
    parameters = Parameters(QueryParams("type=a&" * (REPEATED_MAX + 1)), (TYPE,))
    assert parameters.read_all(TYPE) == []
    assert faults_of(parameters) == [Fault("type", "is given 101 times; 100 at most")]

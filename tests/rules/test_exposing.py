from bellwire.model.metric import Metric, MetricKind, Sample
from bellwire.rules.exposing import expose, histogram, series_name, show_value


def metric(*samples: Sample, kind: MetricKind = MetricKind.GAUGE, means: str = "How much.") -> Metric:
    return Metric(name="bellwire_some", kind=kind, means=means, samples=samples)


def test_each_metric_has_its_meaning_its_kind_and_a_line_for_each_value() -> None:
    text = expose(
        [
            metric(Sample(value=3), kind=MetricKind.COUNTER),
            metric(Sample(value=0.25, labels=(("webhook", "wh-1"), ("outcome", "gone"))), Sample(value=2**40)),
            metric(),
        ]
    )
    assert text.splitlines() == [
        "# HELP bellwire_some How much.",
        "# TYPE bellwire_some counter",
        "bellwire_some 3",
        "# HELP bellwire_some How much.",
        "# TYPE bellwire_some gauge",
        'bellwire_some{webhook="wh-1",outcome="gone"} 0.25',
        "bellwire_some 1099511627776",
        "# HELP bellwire_some How much.",
        "# TYPE bellwire_some gauge",
    ]
    assert text.endswith("\n")


def test_nothing_that_somebody_chose_can_break_a_line() -> None:
    evil = 'a"b\\c\nd'
    assert series_name(metric(), Sample(value=1, labels=(("name", evil),))) == r'bellwire_some{name="a\"b\\c\nd"}'
    assert expose([metric(means="one\ntwo \\")]).splitlines()[0] == r"# HELP bellwire_some one\ntwo \\"


def test_values_are_shown_without_a_fraction_where_there_is_none() -> None:
    assert [show_value(value) for value in (0, 1.0, 0.005, 1e15, 300)] == ["0", "1", "0.005", "1000000000000000", "300"]


def test_a_histogram_counts_what_is_within_each_bound() -> None:
    samples = histogram((1, 0, 2, *[0] * 13, 4))
    buckets = {one.labels[0][1]: one.value for one in samples if one.ending == "_bucket"}
    assert (buckets["0.001"], buckets["0.002"], buckets["0.005"], buckets["300"], buckets["+Inf"]) == (1, 1, 3, 3, 7)
    assert list(buckets.values()) == sorted(buckets.values())
    assert len(buckets) == 17
    rest = {one.ending: one.value for one in samples if one.ending != "_bucket"}
    assert rest == {"_count": 7, "_sum": (0.5 + 2 * 3.5 + 4 * 300_000) / 1_000}
    assert {one.value for one in histogram(())} == {0}

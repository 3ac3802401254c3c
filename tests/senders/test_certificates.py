from hypothesis import given
from hypothesis import strategies as st

from bellwire.senders.certificates import CERTIFICATES_MAX, end_of_first, read_certificates

FIELDS = (
    (b"Subject", b"C = DE, O = Example, CN = hooks.example.com"),
    (b"Issuer", b"O = Some CA"),
    (b"X509v3 Subject Alternative Name", b"DNS:hooks.example.com, DNS:*.example.com, IP Address:192.0.2.7"),
    (b"Start date", b"Jan  1 00:00:00 2000 GMT"),
    (b"Expire date", b"Jan  1 00:00:00 2030 GMT"),
)


def test_a_certificate_is_read_for_people() -> None:
    (found,) = read_certificates([FIELDS])
    assert (found.subject, found.issuer) == ("hooks.example.com", "O = Some CA")
    assert found.names == ("hooks.example.com", "*.example.com", "192.0.2.7")
    assert (found.starts_at_ms, found.ends_at_ms) == (946_684_800_000, 1_893_456_000_000)
    assert end_of_first([FIELDS]) == found.ends_at_ms


def test_where_there_is_no_certificate_nothing_is_known() -> None:
    assert end_of_first([]) is None
    assert read_certificates([]) == ()
    assert read_certificates([()])[0].ends_at_ms is None


@given(st.lists(st.lists(st.tuples(st.sampled_from([name for name, _ in FIELDS]), st.binary())), max_size=15))
def test_no_certificate_breaks_the_reading(listed: list[list[tuple[bytes, bytes]]]) -> None:
    found = read_certificates(listed)
    assert len(found) == min(len(listed), CERTIFICATES_MAX)
    assert all(each.subject.isprintable() and each.issuer.isprintable() for each in found)
    end_of_first(listed)

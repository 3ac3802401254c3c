import pytest
from hypothesis import given
from hypothesis import strategies as st

from bellwire.model.secrets_key import KEY_BYTES, KEYS_MAX, SecretsKey, parse_keys, show_keys

keys = st.binary(min_size=KEY_BYTES, max_size=KEY_BYTES).map(SecretsKey)


@given(st.lists(keys, min_size=1, max_size=KEYS_MAX, unique=True).map(tuple))
def test_keys_that_are_shown_are_read_again_in_their_order(shown: tuple[SecretsKey, ...]) -> None:
    assert parse_keys(show_keys(shown)) == shown
    assert parse_keys(" ".join(show_keys(shown).split())) == shown
    assert parse_keys("# the old one stays for backups\n\n" + show_keys(shown)) == shown


@given(keys)
def test_neither_the_name_of_a_key_nor_its_repr_tells_of_it(key: SecretsKey) -> None:
    assert repr(key) == f"SecretsKey(id={key.id!r})"
    assert len(key.id) == 12
    assert key.id != key.secret.hex()[:12]


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("", "holds no key"),
        ("# nothing\n", "holds no key"),
        ("hunter2", "its key 1 does not begin with bellwire-key-1:"),
        (show_keys((SecretsKey(bytes(32)),)) + "hunter2", "its key 2 does not begin"),
        ("bellwire-key-1:hunter2", "its key 1 is not 32 bytes"),
        ("bellwire-key-1:hünter2", "its key 1 is not 32 bytes"),
        (show_keys((SecretsKey(bytes(31)),)), "its key 1 is not 32 bytes"),
        ("x " * 17, "holds 17 keys; at most 16"),
    ],
)
def test_what_is_no_key_is_said_without_repeating_it(text: str, wrong: str) -> None:
    with pytest.raises(ValueError, match=wrong) as caught:
        parse_keys(text)
    assert "nter2" not in str(caught.value)


def test_a_key_that_is_given_twice_counts_once() -> None:
    key = SecretsKey(bytes(32))
    assert parse_keys(show_keys((key, key))) == (key,)

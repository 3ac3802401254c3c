import msgspec
import pytest

from bellwire.model.secret import EnvironmentVariable, File, NoSecret, SecretKeyOptional, Value


@pytest.mark.parametrize(
    ("key", "encoded"),
    [
        (NoSecret(), b'{"@type":"None"}'),
        (Value("s3cret-K\u00e9y"), '{"@type":"Value","secret":"s3cret-K\u00e9y"}'.encode()),
        (EnvironmentVariable("HOOK_KEY"), b'{"@type":"EnvironmentVariable","variableName":"HOOK_KEY"}'),
        (File("/etc/hook.key"), b'{"@type":"File","filePath":"/etc/hook.key"}'),
    ],
)
def test_a_key_is_stored_in_the_form_of_the_page(key: SecretKeyOptional, encoded: bytes) -> None:
    assert msgspec.json.encode(key) == encoded
    assert msgspec.json.decode(encoded, type=SecretKeyOptional) == key


def test_a_secret_does_not_show_in_its_representation() -> None:
    assert "hidden" not in repr(Value("hidden"))

import re
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bellwire.config import (
    FILE_BYTES_MAX,
    SETTINGS,
    Config,
    default_file,
    load_config,
)
from bellwire.errors import Fault, InvalidSetting
from bellwire.model.access_limits import AccessLimits
from bellwire.model.limits import Limits
from bellwire.model.listen_address import ListenAddress
from bellwire.model.listening import Reach, TlsFiles
from bellwire.model.log_form import LogFormat, LogLevel
from bellwire.model.secrecy import Secrecy


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The platform's folders are the test's own."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "settings"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "kept"))


def write_file(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def load(
    text: str | None = None,
    *,
    folder: Path | None = None,
    environ: Mapping[str, str] | None = None,
    flags: Mapping[str, object] | None = None,
) -> Config:
    file = write_file(folder / "own.toml", text) if folder is not None and text is not None else None
    return load_config(flags or {}, environ or {}, file)


def faults_of(
    text: str | None = None,
    *,
    folder: Path | None = None,
    environ: Mapping[str, str] | None = None,
    flags: Mapping[str, object] | None = None,
) -> tuple[Fault, ...]:
    with pytest.raises(InvalidSetting) as caught:
        load(text, folder=folder, environ=environ, flags=flags)
    for path, message in caught.value.faults:
        assert f"{path}: {message}" in str(caught.value)
    return caught.value.faults


def test_without_any_setting_the_defaults_are_in_force() -> None:
    config = load()
    assert config.listen == ListenAddress("127.0.0.1", 8425)
    assert config.reach == Reach()
    assert config.log_level is LogLevel.INFO
    assert config.log_format is LogFormat.AUTO
    assert config.data.is_absolute()
    assert config.data.name == "bellwire"
    assert {row.origin for row in config.explain()} == {"default"}


def test_a_flag_beats_the_environment_which_beats_the_file_which_beats_the_default(tmp_path: Path) -> None:
    text = 'listen = "127.0.0.1:1"\nlog-level = "warn"\nlog-format = "json"\n'
    config = load(
        text,
        folder=tmp_path,
        environ={"BELLWIRE_LISTEN": "127.0.0.1:2", "BELLWIRE_LOG_LEVEL": "error"},
        flags={"listen": "127.0.0.1:3", "log_level": None},
    )
    assert [tuple(row) for row in config.explain()[1:]] == [
        ("listen", "127.0.0.1:3", "flag --listen"),
        ("log-level", "error", "environment variable BELLWIRE_LOG_LEVEL"),
        ("log-format", "json", f"file {tmp_path / 'own.toml'}"),
        ("retention-age", "7d", "default"),
        ("retention-size", "1GiB", "default"),
        ("backlog-limit", "auto", "default"),
        ("free-floor", "256MiB", "default"),
        ("attempts-age", "7d", "default"),
        ("attempts-per-webhook", "10000", "default"),
        ("attempts-size", "512MiB", "default"),
        ("network.allow", "", "default"),
        ("network.deny", "", "default"),
        ("network.public-only", "false", "default"),
        ("built-in-receiver", "true", "default"),
        ("tls.certificate", "", "default"),
        ("tls.key", "", "default"),
        ("tls.by-proxy", "false", "default"),
        ("hosts", "", "default"),
        ("proxy.trusted", "", "default"),
        ("proxy.header", "x-forwarded-for", "default"),
        ("secrets.key-file", "auto", "default"),
        ("secrets.folders", "any", "default"),
        ("secrets.variables", "any", "default"),
        ("access.session-age", "12h", "default"),
        ("access.session-idle", "1h", "default"),
        ("access.requests-per-second", "unlimited", "default"),
        ("access.requests-burst", "100", "default"),
        ("access.audit-age", "365d", "default"),
        ("access.audit-entries", "100000", "default"),
    ]
    assert config.limits == Limits()
    assert config.access == AccessLimits()


def test_every_setting_can_be_set_in_the_file_by_variable_and_by_flag(tmp_path: Path) -> None:
    values = {
        "data": str(tmp_path / "x"),
        "listen": "[::1]:9",
        "log-level": "debug",
        "log-format": "text",
        "retention-age": "12h",
        "retention-size": "0",
        "backlog-limit": "2TiB",
        "free-floor": "1GiB",
        "attempts-age": "1d",
        "attempts-per-webhook": "7",
        "attempts-size": "1MiB",
        "network.allow": "10.0.0.0/8, [2001:db8::1]:443",
        "network.deny": "192.0.2.7:8080",
        "network.public-only": "true",
        "built-in-receiver": "false",
        "tls.certificate": str(tmp_path / "tls.pem"),
        "tls.key": str(tmp_path / "tls.key"),
        "tls.by-proxy": "true",
        "hosts": "bellwire.example.org, ::1",
        "proxy.trusted": "10.0.0.0/8",
        "proxy.header": "forwarded",
        "secrets.key-file": "/etc/bellwire/secrets.key",
        "secrets.folders": "/run/secrets, /etc/hooks",
        "secrets.variables": "HOOK_*, KEY",
        "access.session-age": "8h",
        "access.session-idle": "5m",
        "access.requests-per-second": "50",
        "access.requests-burst": "10",
        "access.audit-age": "30d",
        "access.audit-entries": "7",
    }
    assert values.keys() == {setting.name for setting in SETTINGS}
    text = "\n".join(f"{name} = {'true' if value == 'true' else repr(value)}" for name, value in values.items())
    environ = {"BELLWIRE_" + re.sub("[-.]", "_", name.upper()): value for name, value in values.items()}
    by_file = load(text, folder=tmp_path).explain()
    by_variable = load(environ=environ).explain()
    by_flag = load(flags=values).explain()
    for rows in (by_file, by_variable, by_flag):
        assert {row.name: row.value for row in rows} == values
        assert all(row.origin != "default" for row in rows)


def test_every_setting_is_described_and_accepts_its_own_default() -> None:
    for setting in SETTINGS:
        assert setting.help.endswith(".")
        assert setting.form
    flags = {setting.name: setting.default for setting in SETTINGS}
    by_default, by_flag = load().explain(), load(flags=flags).explain()
    assert [row.value for row in by_flag] == [row.value for row in by_default]


def test_the_default_file_is_read_if_it_exists() -> None:
    file = write_file(default_file(), 'log-level = "debug"\n')
    config = load()
    assert config.log_level is LogLevel.DEBUG
    assert config.origins["log-level"].words == f"file {file}"


def test_a_named_file_replaces_the_default_file(tmp_path: Path) -> None:
    write_file(default_file(), 'log-level = "debug"\n')
    named = write_file(tmp_path / "named.toml", 'log-format = "json"\n')
    assert load(environ={"BELLWIRE_CONFIG": str(named)}).log_level is LogLevel.INFO
    other = write_file(tmp_path / "other.toml", 'log-level = "error"\n')
    config = load_config({}, {"BELLWIRE_CONFIG": str(named)}, other)
    assert (config.log_level, config.log_format) == (LogLevel.ERROR, LogFormat.AUTO)


@pytest.mark.parametrize("by_flag", [True, False])
def test_a_named_file_must_exist(tmp_path: Path, *, by_flag: bool) -> None:
    missing = tmp_path / "missing.toml"
    environ = {} if by_flag else {"BELLWIRE_CONFIG": str(missing)}
    with pytest.raises(InvalidSetting) as caught:
        load_config({}, environ, missing if by_flag else None)
    namer = "flag --config" if by_flag else "environment variable BELLWIRE_CONFIG"
    complaint = f"{missing} does not exist; name another file or create it ({namer})"
    assert caught.value.faults == (Fault("config", complaint),)


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"listen = ", "is not a file of settings in TOML: Invalid value (at end of document)"),
        (b"# \xff", "is not UTF-8 at byte 2; save it as UTF-8"),
        (b"a = " + b"[" * 10_000, "is nested too deeply to be a file of settings; name the right file"),
        (b"#" * (FILE_BYTES_MAX + 1), f"has more than {FILE_BYTES_MAX} bytes; name the right file"),
    ],
    ids=["broken", "latin", "deep", "large"],
)
def test_a_file_that_is_no_settings_is_named_with_what_is_wrong(tmp_path: Path, content: bytes, complaint: str) -> None:
    file = tmp_path / "broken.toml"
    file.write_bytes(content)
    with pytest.raises(InvalidSetting) as caught:
        load_config({}, {}, file)
    assert caught.value.faults == (Fault("config", f"{file} {complaint} (flag --config)"),)


def test_a_folder_in_the_file_s_place_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(InvalidSetting, match=r"cannot be read: Is a directory; name a file that can be read"):
        load_config({}, {}, tmp_path)


def test_unknown_settings_name_the_nearest_one_and_where_they_stand(tmp_path: Path) -> None:
    found = faults_of("log_level = 1\n", folder=tmp_path, environ={"BELLWIRE_LOGLEVEL": "info"})
    assert found == (
        Fault(
            "log_level",
            f"there is no such setting; did you mean log-level? (file {tmp_path / 'own.toml'})",
        ),
        Fault("BELLWIRE_LOGLEVEL", "there is no such setting; did you mean BELLWIRE_LOG_LEVEL? (environment)"),
    )


def test_a_setting_like_no_other_lists_what_there_is(tmp_path: Path) -> None:
    (fault,) = faults_of("zzz = 1\n", folder=tmp_path)
    assert "there are data, listen, log-level, log-format, retention-age" in fault.message


def test_all_that_is_wrong_is_said_at_once(tmp_path: Path) -> None:
    found = faults_of(
        'listen = 8425\nlog-level = "loud"\ndata = ""\n',
        folder=tmp_path,
        environ={"BELLWIRE_TLS_BY_PROXY": "yes"},
        flags={"log-format": "xml"},
    )
    origin = f"(file {tmp_path / 'own.toml'})"
    assert found == (
        Fault("data", f"'' is no folder; write a path such as '/var/lib/bellwire' {origin}"),
        Fault("listen", f"'8425' is no text; write it as '127.0.0.1:8425' {origin}"),
        Fault("log-level", f"'loud' is none of its values; write error, warn, info or debug {origin}"),
        Fault("log-format", "'xml' is none of its values; write auto, text or json (flag --log-format)"),
        Fault("tls.by-proxy", "'yes' is neither true nor false (environment variable BELLWIRE_TLS_BY_PROXY)"),
    )


def test_a_bad_listen_address_is_answered_with_the_right_form() -> None:
    (fault,) = faults_of(flags={"listen": "8425"})
    assert fault == Fault("listen", "'8425' has no host; write it as 127.0.0.1:8425 (flag --listen)")


@pytest.mark.parametrize("address", ["0.0.0.0:8425", "[::]:8425", "192.0.2.7:8425", "mail.example.com:8425"])
def test_an_address_that_others_can_reach_is_refused_unless_that_is_wanted(address: str) -> None:
    (fault,) = faults_of(environ={"BELLWIRE_LISTEN": address})
    assert fault.path == "listen"
    assert fault.message == (
        f"{address} can be reached from other machines, and the API would send tokens, events and secrets there "
        "unencrypted; set tls.certificate and tls.key, or set tls.by-proxy to true if a proxy in front speaks TLS, or "
        "listen on 127.0.0.1:8425 "
        "(environment variable BELLWIRE_LISTEN)"
    )
    wanted = load(environ={"BELLWIRE_LISTEN": address, "BELLWIRE_TLS_BY_PROXY": "true"})
    assert str(wanted.listen) == address
    pair = {"tls_certificate": "a.pem", "tls_key": "a.key"}
    assert str(load(environ={"BELLWIRE_LISTEN": address}, flags=pair).listen) == address


def test_the_client_s_variables_are_no_settings() -> None:
    given = {"BELLWIRE_URL": "http://127.0.0.1:1", "BELLWIRE_TOKEN": "hidden", "BELLWIRE_SECRETS_KEY": "hidden"}
    assert "hidden" not in repr(load(environ=given))


def test_lists_of_folders_and_variables_are_text_or_arrays(tmp_path: Path) -> None:
    text = '[secrets]\nfolders = ["hooks", "/run/secrets"]\nvariables = ["HOOK_*"]\nkey-file = "own.key"\n'
    assert load(text, folder=tmp_path).secrecy == Secrecy(
        key_file=tmp_path / "own.key",
        folders=(tmp_path / "hooks", Path("/run/secrets")),
        variables=("HOOK_*",),
    )
    nothing = load(environ={"BELLWIRE_SECRETS_FOLDERS": "", "BELLWIRE_SECRETS_VARIABLES": ""})
    assert nothing.secrecy == Secrecy(folders=(), variables=())


@pytest.mark.parametrize(
    ("name", "value", "fragment"),
    [
        ("secrets.folders", 7, "is no list; write texts in brackets"),
        ("secrets.folders", [7], "is no list; write texts in brackets"),
        ("secrets.folders", ["/x"] * 1_001, "has more than 1,000 entries"),
        ("secrets.folders", ["\0"], "is no folder; write a path such as '/run/secrets'"),
        ("secrets.folders", ["~no-such-user/x"], "write the whole path"),
        ("secrets.variables", "HOOK-KEY", "write one as HOOK_KEY, or many as HOOK_*"),
        ("secrets.variables", "BELLWIRE_TOKEN", "is Bellwire's own and never read"),
        ("secrets.key-file", "", "is no file; write a path such as '/etc/bellwire/secrets.key'"),
    ],
)
def test_a_bad_setting_about_secrets_is_answered_with_its_remedy(name: str, value: object, fragment: str) -> None:
    (fault,) = faults_of(flags={name: value})
    assert fault.path == name
    assert fragment in fault.message


def test_variables_that_kubernetes_makes_for_a_service_of_that_name_are_no_settings() -> None:
    load(
        environ={
            "BELLWIRE_SERVICE_HOST": "10.0.0.1",
            "BELLWIRE_SERVICE_PORT": "8425",
            "BELLWIRE_SERVICE_PORT_HTTP": "8425",
            "BELLWIRE_PORT": "tcp://10.0.0.1:8425",
            "BELLWIRE_PORT_8425_TCP_ADDR": "10.0.0.1",
        }
    )


def test_a_relative_folder_is_beside_the_file_that_names_it_else_in_the_working_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    in_file = load('data = "kept"\n', folder=tmp_path / "etc").data
    assert in_file == tmp_path / "etc" / "kept"
    assert load(environ={"BELLWIRE_DATA": "kept"}).data == tmp_path / "kept"
    assert load(flags={"data": Path("~/kept")}).data == tmp_path / "home" / "kept"


def refused_names(flags: Mapping[str, object]) -> set[str]:
    try:
        config = load_config(flags, {}, None)
    except InvalidSetting as error:
        return {fault.path for fault in error.faults}
    assert len(config.explain()) == len(SETTINGS)
    return set()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(st.sampled_from([setting.name for setting in SETTINGS]), st.text() | st.integers()))
def test_whatever_is_written_is_read_or_refused_with_its_place(flags: dict[str, object]) -> None:
    assert refused_names(flags) <= flags.keys()


def test_own_event_types_are_declared_in_the_file(tmp_path: Path) -> None:
    file = tmp_path / "bellwire.toml"
    file.write_text('[event-types."shop.order-paid"]\nlevel = "warn"\ndescription = "An order was paid."\n')
    config = load_config({}, {}, file)
    (declared,) = config.event_types
    assert (declared.id, declared.level.value, declared.description) == (
        "shop.order-paid",
        "warn",
        "An order was paid.",
    )
    assert ("event-types", "shop.order-paid", f"file {file}") in [tuple(row) for row in config.explain()]


@pytest.mark.parametrize(
    ("written", "path"),
    [
        ('event-types = "shop"', "event-types"),
        ('[event-types.shop]\nlevel = "info"', "event-types/shop"),
        ('[event-types."shop.paid"]', "event-types/shop.paid/level"),
        ('[event-types."shop.paid"]\nlevel = "loud"', "event-types/shop.paid/level"),
        ('[event-types."shop.paid"]\nlevel = "info"\nlevle = 1', "event-types/shop.paid/levle"),
        ('[event-types]\n"shop.paid" = 5', "event-types/shop.paid"),
    ],
)
def test_a_bad_declaration_of_a_type_is_named_with_its_place(tmp_path: Path, written: str, path: str) -> None:
    file = tmp_path / "bellwire.toml"
    file.write_text(written)
    with pytest.raises(InvalidSetting) as caught:
        load_config({}, {}, file)
    assert [fault.path for fault in caught.value.faults] == [path]
    assert str(file) in caught.value.faults[0].message


@pytest.mark.parametrize(
    "text",
    [
        'network.allow = ["10.0.0.0/8", "[::1]:9"]\n',
        '[network]\nallow = "10.0.0.0/8, [::1]:9"\n',
    ],
    ids=["list", "text"],
)
def test_a_setting_with_a_dot_stands_in_a_table_of_the_file(tmp_path: Path, text: str) -> None:
    config = load(text, folder=tmp_path)
    assert [str(rule) for rule in config.network.allow] == ["10.0.0.0/8", "[::1]:9"]


def test_a_flag_is_told_as_it_is_written() -> None:
    (fault,) = faults_of(flags={"network_deny": "example.com"})
    assert fault.path == "network.deny"
    assert fault.message.endswith("(flag --network-deny)")


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("network.alow = []\n", "network.alow"),
        ("network = 5\n", "network"),
        ("network.allow = [5]\n", "network.allow"),
        ("network.allow = 5\n", "network.allow"),
        ('network.allow = ["64:ff9b::/96"]\n', "network.allow"),
        (f"network.deny = {['192.0.2.1'] * 1_001}\n", "network.deny"),
    ],
)
def test_a_bad_entry_of_a_table_is_named_with_its_place(tmp_path: Path, text: str, path: str) -> None:
    (fault,) = faults_of(text, folder=tmp_path)
    assert fault.path == path


@pytest.mark.parametrize(("given", "missing"), [("tls.key", "tls.certificate"), ("tls.certificate", "tls.key")])
def test_half_a_pair_for_tls_is_refused(given: str, missing: str) -> None:
    (fault,) = faults_of(flags={given: "x.pem"})
    assert fault.path == given
    assert fault.message.startswith(f"needs {missing} beside it; set both, or neither")


def test_files_for_tls_are_beside_the_file_that_names_them(tmp_path: Path) -> None:
    config = load('[tls]\ncertificate = "a.pem"\nkey = "/k.pem"\n', folder=tmp_path)
    assert config.reach.tls == TlsFiles(tmp_path / "a.pem", Path("/k.pem"))


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ('hosts = ["https://a.example"]\n', "hosts"),
        ('hosts = ["a.example:8425"]\n', "hosts"),
        (f'hosts = ["{"a" * 254}"]\n', "hosts"),
        ('proxy.trusted = ["10.0.0.1:80"]\n', "proxy.trusted"),
        ('proxy.header = "x-real-ip"\n', "proxy.header"),
        ("tls.key = 5\n", "tls.key"),
    ],
)
def test_a_bad_way_to_be_reached_is_named_with_its_place(tmp_path: Path, text: str, path: str) -> None:
    assert [fault.path for fault in faults_of(text, folder=tmp_path)] == [path]

import json
from pathlib import Path

import trustme

from cli.conftest import Bellwire, Start


def test_commands_of_this_machine_trust_the_server_s_certificate_and_no_other(
    program: Start, tmp_path: Path, bellwire: Bellwire
) -> None:
    authority = trustme.CA()
    issued, folder = authority.issue_cert("bellwire.example.org"), tmp_path / "data"
    certificate, key = tmp_path / "tls.pem", tmp_path / "tls.key"
    certificate.write_bytes(b"".join(pem.bytes() for pem in issued.cert_chain_pems) + authority.cert_pem.bytes())
    key.write_bytes(issued.private_key_pem.bytes())
    pair = ("--tls-certificate", certificate, "--tls-key", key)
    server = program("serve", "--data", folder, "--listen", "127.0.0.1:0", *pair)
    url = server.line_with("listens at").split()[-1]
    server.line_with("admin's token")
    assert url.startswith("https://127.0.0.1:")
    assert json.loads((folder / "server.json").read_bytes())["certificate"] == str(certificate)
    assert bellwire("--data", folder, "status").code == 0
    other = authority.issue_cert("bellwire.example.org")
    certificate.write_bytes(other.cert_chain_pems[0].bytes())  # not the server's, which keeps its own
    told = bellwire("--data", folder, "status")
    assert (told.code, "no secure connection" in told.err) == (1, True)
    certificate.unlink()
    told = bellwire("--data", folder, "status")
    assert (told.code, f"cannot read the server's certificate in {certificate}" in told.err) == (1, True)


def test_a_pair_that_cannot_be_used_is_one_clear_line(program: Start, tmp_path: Path) -> None:
    (tmp_path / "tls.pem").write_text("nothing")
    (tmp_path / "tls.key").write_text("nothing")
    pair = ("--tls-certificate", tmp_path / "tls.pem", "--tls-key", tmp_path / "tls.key")
    server = program("serve", "--data", tmp_path / "data", "--listen", "127.0.0.1:0", *pair)
    assert server.wait() == 1
    (line,) = server.errors
    assert line.startswith("bellwire: tls.certificate: ")

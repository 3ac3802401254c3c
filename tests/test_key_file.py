import contextlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from bellwire.errors import InvalidSetting
from bellwire.folder import DataFolder
from bellwire.key_file import FILE_BYTES_MAX, Keys, make_key, obtain_keys
from bellwire.model.secrecy import Secrecy
from bellwire.model.secrets_key import show_keys


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[DataFolder]:
    with contextlib.closing(_Claimed(tmp_path / "data")) as claimed:
        yield claimed.folder


class _Claimed:
    def __init__(self, path: Path) -> None:
        self.folder = DataFolder.claim(path)

    def close(self) -> None:
        self.folder.release()


def obtain(folder: DataFolder, file: Path | None = None, **environ: str) -> Keys:
    return obtain_keys(folder, Secrecy(key_file=file), environ)


def why_not(folder: DataFolder, file: Path | None = None, **environ: str) -> str:
    with pytest.raises(InvalidSetting) as caught:
        obtain(folder, file, **environ)
    return str(caught.value)


def write(path: Path, text: str, mode: int = 0o600) -> Path:
    path.write_text(text)
    path.chmod(mode)
    return path


def test_the_first_start_makes_a_key_that_only_its_owner_reads_and_the_next_ones_find(folder: DataFolder) -> None:
    first, second = obtain(folder), obtain(folder)
    path = folder.path / "secrets.key"
    assert first == second == Keys(first.all, path, is_ours=True)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.read_text() == show_keys(first.all)
    assert path.read_text().startswith("bellwire-key-1:")
    assert sorted(file.name for file in folder.path.iterdir()) == ["lock", "secrets.key"]


def test_two_folders_have_two_keys(folder: DataFolder, tmp_path: Path) -> None:
    with contextlib.closing(_Claimed(tmp_path / "other")) as other:
        assert obtain(folder).all != obtain(other.folder).all


def test_a_key_may_stand_in_a_file_elsewhere_or_in_the_environment(folder: DataFolder, tmp_path: Path) -> None:
    key, older = make_key(), make_key()
    file = write(tmp_path / "own.key", show_keys((key, older)), 0o640)
    assert obtain(folder, file) == Keys((key, older), file)
    assert obtain(folder, BELLWIRE_SECRETS_KEY=show_keys((key,))) == Keys((key,), None)
    assert not (folder.path / "secrets.key").exists()
    assert "leave out one of the two" in why_not(folder, file, BELLWIRE_SECRETS_KEY=show_keys((key,)))


@pytest.mark.parametrize("mode", [0o604, 0o602, 0o601, 0o620, 0o644, 0o666])
def test_a_key_that_is_open_to_others_is_refused_with_the_command_that_mends_it(folder: DataFolder, mode: int) -> None:
    path = write(folder.path / "secrets.key", show_keys((make_key(),)), mode)
    assert why_not(folder).endswith(f"secrets.key is open to others (mode {mode:04o}); run: chmod 600 '{path}'")
    path.chmod(0o600)
    obtain(folder)


def test_what_is_no_key_is_refused_without_repeating_it(folder: DataFolder, tmp_path: Path) -> None:
    file = tmp_path / "own.key"
    remedy = "write what `bellwire secrets make-key` shows"
    assert "does not exist; bring it back, or make one: (umask 077;" in why_not(folder, file)
    assert why_not(folder, write(file, "hunter2")).endswith(f"does not begin with bellwire-key-1:; {remedy}")
    assert why_not(folder, write(file, "")).endswith(f"holds no key; {remedy}")
    assert why_not(folder, write(file, "hünter2")).endswith(f"is no text; {remedy}")
    assert "has more than 4,096 bytes" in why_not(folder, write(file, "x" * (FILE_BYTES_MAX + 1)))
    file.unlink()
    os.mkfifo(file, 0o600)
    assert "is no regular file" in why_not(folder, file)
    assert "is no regular file" in why_not(folder, Path("/dev/null"))
    assert "Is a directory" in why_not(folder, tmp_path)
    assert why_not(folder, BELLWIRE_SECRETS_KEY="hunter2").startswith("BELLWIRE_SECRETS_KEY: its key 1 does not begin")
    assert "hunter2" not in why_not(folder, BELLWIRE_SECRETS_KEY="hunter2")
    assert "Not a directory" in why_not(folder, write(tmp_path / "file", "") / "key")


def test_older_keys_are_forgotten_only_in_a_file_of_our_own(folder: DataFolder, tmp_path: Path) -> None:
    keys = (make_key(), make_key())
    own = write(folder.path / "secrets.key", show_keys(keys))
    obtain(folder).forget_older()
    assert own.read_text() == show_keys(keys[:1])
    named = write(tmp_path / "own.key", show_keys(keys))
    obtain(folder, named).forget_older()
    obtain(folder, BELLWIRE_SECRETS_KEY=show_keys(keys)).forget_older()
    assert named.read_text() == show_keys(keys)

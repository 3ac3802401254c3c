"""Sizes as people write them: `"1GiB"` ↔ bytes."""

import re
from typing import Final

UNITS: Final = {"TiB": 2**40, "GiB": 2**30, "MiB": 2**20, "KiB": 2**10}
FORM: Final = 'write it as "512KiB", "64MiB", "1GiB" or "2TiB", or as a whole number of bytes'

PATTERN: Final = f"^[0-9]{{1,15}}(?:{'|'.join(reversed(UNITS))})$"
"""The form of a size with its unit, for others to check."""

_PARTS: Final = re.compile(r"([0-9]{1,15})(KiB|MiB|GiB|TiB)?", re.ASCII)


def parse_size(written: str | int) -> int:
    """Read `"1GiB"` or a whole number of bytes. Raises ValueError, with what would be right, for anything else."""
    if isinstance(written, bool) or not isinstance(written, str | int):
        raise ValueError(f"is not a size; {FORM}")  # noqa: TRY004 - a bad size is one kind of error, whatever its type
    if isinstance(written, int):
        if written < 0:
            raise ValueError(f"is negative; {FORM}")
        return written
    parts = _PARTS.fullmatch(written)
    if parts is None:
        raise ValueError(f"{written[:80]!r} is not a size; {FORM}")
    return int(parts[1]) * UNITS.get(parts[2] or "", 1)


def show_size(size_bytes: int) -> str:
    """Write the largest unit that leaves nothing over, or the number of bytes: 2**30 → `"1GiB"`, 1025 → `"1025"`."""
    for unit, unit_bytes in UNITS.items():
        if size_bytes and size_bytes % unit_bytes == 0:
            return f"{size_bytes // unit_bytes}{unit}"
    return str(size_bytes)

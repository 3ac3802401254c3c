import re
import subprocess
import sys
from pathlib import Path

from embedding.looking import events_of
from receivers import Receiver
from tidy.repository import ROOT

FENCE = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)


def test_the_program_that_the_document_opens_with_delivers(tmp_path: Path, receiver: Receiver) -> None:
    document = (ROOT / "docs" / "embedding.md").read_text(encoding="utf-8")
    program = FENCE.findall(document)[0].replace("https://example.com/hook", receiver.url)
    for count in (1, 2):
        subprocess.run([sys.executable, "-c", program], cwd=tmp_path, check=True)
        assert len(events_of(*receiver.requests)) == count
    assert receiver.requests[0].header("X-Signature")

import msgspec

from bellwire.model.batch import Batch, BatchId
from bellwire.model.cursor import Cursor
from bellwire.model.event import Position
from bellwire.model.positions import Positions
from bellwire.model.webhook import WebhookId


def test_a_cursor_is_stored_with_its_open_batch() -> None:
    batch = Batch(
        id=BatchId("b-1"),
        members=Positions(((Position(3), Position(5)), (Position(8), Position(8)))),
    )
    cursor = Cursor(webhook_id=WebhookId("wh-1"), position=Position(3), open=batch)
    assert msgspec.json.decode(msgspec.json.encode(cursor), type=Cursor) == cursor

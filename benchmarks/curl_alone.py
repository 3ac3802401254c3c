"""A limit: libcurl alone, posting bodies that were made before, to the same receiver.

python -m benchmarks.curl_alone < Posting > Posted
"""

import hashlib
import hmac
import sys
import time
from typing import Final

import msgspec
import pycurl

from benchmarks.events import now_us, written

KEY: Final = b"a-key-of-the-usual-length-for-a-webhook"
CREATED_AT: Final = "2026-11-24T15:12:46.000Z"
EVENT_ID: Final = "019786a1-7c7e-7d5c-9d8f-3f1c5a1d2b3e"


class Posting(msgspec.Struct, frozen=True, kw_only=True):
    """What to post. urls: each has one request under way at a time; signed: with both HMACs, as Bellwire signs."""

    urls: list[str]
    per_request: int
    signed: bool
    seconds: float


class Posted(msgspec.Struct, frozen=True, kw_only=True):
    """What was posted."""

    requests: int
    events: int
    seconds: float


def post(posting: Posting) -> Posted:
    """Do it."""
    bodies = {url: _body(place, posting.per_request) for place, url in enumerate(posting.urls)}
    requests = 0
    begun = time.perf_counter()
    handles = {url: _handle(url) for url in posting.urls}
    if len(handles) == 1:
        ((url, handle),) = handles.items()
        while time.perf_counter() - begun < posting.seconds:
            _load(handle, bodies[url], signed=posting.signed)
            handle.perform()
            requests += 1
    else:
        requests = _many(handles, bodies, posting, begun)
    return Posted(requests=requests, events=requests * posting.per_request, seconds=time.perf_counter() - begun)


def _many(handles: dict[str, pycurl.Curl], bodies: dict[str, bytes], posting: Posting, begun: float) -> int:
    multi = pycurl.CurlMulti()
    urls = {handle: url for url, handle in handles.items()}
    for url, handle in handles.items():
        _load(handle, bodies[url], signed=posting.signed)
        multi.add_handle(handle)
    requests, left = 0, len(handles)
    while left:
        multi.perform()
        _, done, failed = multi.info_read()
        if failed:
            raise RuntimeError(f"a request failed: {failed[0][2]}")
        for handle in done:
            requests += 1
            multi.remove_handle(handle)
            if time.perf_counter() - begun < posting.seconds:
                _load(handle, bodies[urls[handle]], signed=posting.signed)
                multi.add_handle(handle)
            else:
                left -= 1
        if not done:
            multi.select(0.1)
    return requests


def _handle(url: str) -> pycurl.Curl:
    handle = pycurl.Curl()
    handle.setopt(pycurl.URL, url)
    handle.setopt(pycurl.POST, 1)
    handle.setopt(pycurl.PROXY, "")
    handle.setopt(pycurl.HTTP_VERSION, pycurl.CURL_HTTP_VERSION_1_1)
    handle.setopt(pycurl.WRITEFUNCTION, lambda _: None)
    return handle


def _load(handle: pycurl.Curl, body: bytes, *, signed: bool) -> None:
    headers = ["Content-Type: application/json", "Expect:"]
    if signed:
        stamp = str(int(time.time()))
        headers.append(f"X-Signature: {hmac.digest(KEY, body, hashlib.sha256).hex()}")
        content = f"{EVENT_ID}.{stamp}.".encode() + body
        headers.append(f"webhook-signature: v1,{hmac.digest(KEY, content, hashlib.sha256).hex()}")
        headers += [f"webhook-id: {EVENT_ID}", f"webhook-timestamp: {stamp}"]
    handle.setopt(pycurl.POSTFIELDS, body)
    handle.setopt(pycurl.HTTPHEADER, headers)


def _body(publisher: int, count: int) -> bytes:
    """As many events as Bellwire would send, of the same size. Their numbers stand still: nothing checks them here."""
    head = f'{{"id":"{EVENT_ID}","createdAt":"{CREATED_AT}",'
    published = written(["auth.success"], publisher, range(count), sent_us=now_us(), between="\n").split("\n")
    events = ",".join([head + event[1:] for event in published])
    return f'{{"events":[{events}]}}'.encode()


if __name__ == "__main__":
    plan = msgspec.json.decode(sys.stdin.buffer.read(), type=Posting)
    sys.stdout.buffer.write(msgspec.json.encode(post(plan)))

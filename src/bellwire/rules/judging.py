"""What did the answer mean?"""

from http import HTTPStatus
from itertools import accumulate, takewhile

from msgspec.structs import replace

from bellwire.model.attempt import ANSWER_BYTES_KEPT_MAX, Answer, Delivered, Failed, NoAnswer, Outcome, Response


def judge(response: Response) -> Outcome:
    """Any 2xx means that the whole batch was taken; everything else means that it was not."""
    match response:
        case Answer(status=status) if 200 <= status <= 299:
            return Delivered()
        case Answer(status=status) if 300 <= status <= 399:
            location = dict(response.headers).get("location", "nowhere")
            return Failed(f"{_named(status)} to {location}; redirects are not followed, put the final address in url")
        case Answer(status=status):
            return Failed(_named(status))
        case NoAnswer(detail=detail):
            return Failed(detail)


def kept_of(response: Response) -> Response:
    """What is stored of a response: of its headers, like of its body, the first ANSWER_BYTES_KEPT_MAX bytes."""
    if not isinstance(response, Answer):
        return response
    sizes = accumulate(len(name) + len(value) for name, value in response.headers)
    fitting = sum(1 for _ in takewhile(lambda size: size <= ANSWER_BYTES_KEPT_MAX, sizes))
    return replace(response, headers=response.headers[:fitting], body=response.body[:ANSWER_BYTES_KEPT_MAX])


def _named(status: int) -> str:
    try:
        return f"answered {status} {HTTPStatus(status).phrase}"
    except ValueError:
        return f"answered {status}"

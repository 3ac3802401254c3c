"""The turnstile: how much may begin in one turn of the event loop, so that nobody who waits for the loop waits long."""

import asyncio
from collections import deque


class Turnstile:
    """Lets in up to `per_turn` in each turn, in the order of asking; who weighs more than that is made up for by the
    turns that follow.

    It bounds how late the loop runs, whatever begins: a bound on what is under way would leave all places to the slow.
    """

    def __init__(self, per_turn: int) -> None:
        self._per_turn = per_turn
        self._left = per_turn
        self._waiting: deque[tuple[int, asyncio.Future[None]]] = deque()
        self._is_turning = False

    async def enter(self, weight: int = 1) -> None:
        """Return once it is this caller's turn."""
        if self._left > 0 and not self._waiting:
            self._let_in(weight)
            return
        future = asyncio.get_running_loop().create_future()
        self._waiting.append((weight, future))
        await future

    def _let_in(self, weight: int) -> None:
        self._left -= weight
        self._turn()

    def _turn(self) -> None:
        if not self._is_turning:
            self._is_turning = True
            asyncio.get_running_loop().call_soon(self._next_turn)

    def _next_turn(self) -> None:
        self._is_turning = False
        self._left = min(self._per_turn, self._left + self._per_turn)
        while self._waiting and self._left > 0:
            weight, future = self._waiting.popleft()
            if not future.done():  # its caller was cancelled
                future.set_result(None)
                self._let_in(weight)
        if self._waiting or self._left < self._per_turn:
            self._turn()

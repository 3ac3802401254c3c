"""What Bellwire should do, in as few words as can be: sets of positions, and no notion of batches, pages or writes."""

TYPES = ("auth.success", "auth.failed", "smtp.ehlo")


class ModelWebhook:
    """Which events one webhook is owed, and what has become of them."""

    def __init__(self, url: str, types: set[str]) -> None:
        self.url = url
        self.types = types
        self.enabled = True
        self.deleted = False
        self.wanted: set[int] = set()
        self.accepted: list[int] = []
        self.discarded: set[int] = set()

    @property
    def waiting(self) -> set[int]:
        return self.wanted - set(self.accepted) - self.discarded

    def logged(self, position: int, type_id: str) -> None:
        if self.enabled and type_id in self.types:
            self.wanted.add(position)

    def refilter(self, types: set[str], log: dict[int, str]) -> None:
        """From the first event that waits on, all goes by the new filter."""
        self.types = types
        waiting = self.waiting
        if waiting:
            again = {position for position in log if position >= min(waiting) and log[position] in types}
            self.wanted = (self.wanted - waiting) | again

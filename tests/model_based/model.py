"""What Bellwire should do, in as few words as can be: sets of positions, and no notion of batches, pages or writes."""

TYPES = ("auth.success", "auth.failed", "smtp.ehlo")


class ModelReplay:
    """Which events one replay is to deliver: those that it means, as far as the webhook wants them."""

    def __init__(self, meant: set[int], wanted: set[int]) -> None:
        self.meant = meant
        self.wanted = wanted
        self.accepted: list[int] = []
        self.refused_alone: set[int] = set()


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
        self.poison: set[int] = set()
        self.refused_alone: set[int] = set()

        self.replays: dict[str, ModelReplay] = {}

    @property
    def waiting(self) -> set[int]:
        return self.wanted - set(self.accepted) - self.discarded

    def logged(self, position: int, type_id: str) -> None:
        if self.enabled and type_id in self.types:
            self.wanted.add(position)

    def answer(self, positions: list[int], status: int) -> int:
        """What the endpoint says to a body with these events."""
        if status == 200 and self.poison & set(positions):
            status = 400
        if status == 200:
            self.accepted += positions
        elif status in {400, 413, 422} and len(positions) == 1:
            self.refused_alone |= set(positions)
        return status

    def refilter_replays(self, log: dict[int, str], places: dict[str, int]) -> None:
        """What a replay has passed as unwanted stays passed."""
        for replay_id, place in places.items():
            replay = self.replays[replay_id]
            replay.wanted = {at for at in replay.wanted if at < place} | {
                at for at in replay.meant if at >= place and log[at] in self.types
            }

    def refilter(self, types: set[str], log: dict[int, str], aside: set[int]) -> None:
        """From the first event that waits on, all goes by the new filter, and so does what was set aside."""
        self.types = types
        self.wanted -= {position for position in aside if log[position] not in types}
        waiting = self.waiting - aside
        if waiting:
            again = {position for position in log if position >= min(waiting) and log[position] in types}
            self.wanted = (self.wanted - waiting) | again

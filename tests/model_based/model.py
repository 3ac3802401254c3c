"""What Bellwire should do, in as few words as can be: sets of positions, and no notion of batches, pages or writes."""

OWN_TYPES = ("bellwire.webhook-failing", "bellwire.webhook-recovered", "bellwire.webhook-gone")
TYPES = ("auth.success", "auth.failed", "smtp.ehlo")


class Account:
    """Which events somebody is owed, and what has become of them."""

    def __init__(self, wanted: set[int]) -> None:
        self.wanted = wanted
        self.accepted: list[int] = []
        self.discarded: set[int] = set()
        self.refused_alone: set[int] = set()

    @property
    def waiting(self) -> set[int]:
        return self.wanted - set(self.accepted) - self.discarded

    def answered(self, positions: list[int], status: int) -> None:
        if status == 200:
            self.accepted += positions
        elif status in {400, 413, 422} and len(positions) == 1:
            self.refused_alone |= set(positions)


class ModelReplay(Account):
    """What one replay is owed. meant: what it goes through, whatever the webhook wants."""

    def __init__(self, meant: set[int], wanted: set[int]) -> None:
        super().__init__(wanted)
        self.meant = meant
        self.cancelled = False

    def refilter(self, types: set[str], log: dict[int, str], aside: set[int], *, place: int) -> None:
        """From the place on all goes by the new filter, and so does what was set aside."""
        passed = {position for position in self.wanted if position < place}
        unwanted_aside = {position for position in aside if log[position] not in types}
        again = {position for position in self.meant if position >= place and log[position] in types}
        self.wanted = (passed - unwanted_aside) | again


class ModelWebhook(Account):
    """What one webhook is owed since it exists."""

    def __init__(self, url: str, types: set[str]) -> None:
        super().__init__(set())
        self.url = url
        self.listed = types
        self.types = types
        self.enabled = True
        self.deleted = False
        self.poison: set[int] = set()
        self.replays: dict[str, ModelReplay] = {}

    def logged(self, position: int, type_id: str) -> None:
        if self.enabled and type_id in self.types:
            self.wanted.add(position)

    def answer(self, positions: list[int], status: int) -> int:
        """What the endpoint says to a body with these events."""
        return 400 if status == 200 and self.poison & set(positions) else status

    def switch_off(self) -> None:
        self.enabled = False
        for replay in self.replays.values():
            replay.cancelled = True

    def refilter(self, types: set[str], log: dict[int, str], aside: set[int]) -> None:
        """From the first event that waits on, all goes by the new filter, and so does what was set aside."""
        self.types = types
        self.wanted -= {position for position in aside if log[position] not in types}
        waiting = self.waiting - aside
        if waiting:
            again = {position for position in log if position >= min(waiting) and log[position] in types}
            self.wanted = (self.wanted - waiting) | again

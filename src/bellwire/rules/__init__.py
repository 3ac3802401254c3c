"""How something is decided: pure functions, each module answers one question."""

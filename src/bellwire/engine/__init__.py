"""Who runs: intake, switchboard, dispatchers and their supervisor."""

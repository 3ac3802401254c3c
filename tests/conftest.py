"""What holds for every test."""

import hypothesis

# A time limit for each example would measure the machine, not the code.
hypothesis.settings.register_profile("bellwire", deadline=None)
hypothesis.settings.load_profile("bellwire")

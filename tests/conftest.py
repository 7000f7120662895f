"""Every test with hypothesis is as thorough as `tests.unit.fuzz` says, and none fails for being slow."""

from hypothesis import settings

from tests.unit.fuzz import quick

settings.register_profile("here", quick)
settings.load_profile("here")

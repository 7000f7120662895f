"""How much hypothesis tries in the unit tests: enough to find things, quick on a loaded machine."""

from hypothesis import HealthCheck, settings

quick = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow], database=None)

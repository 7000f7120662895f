"""A clerk's desk for these tests."""

from tests.card.conftest import workplace

__all__ = ["workplace"]

"""The languages of all windows and sentences."""

from __future__ import annotations

from typing import Literal

Language = Literal["ja", "en"]

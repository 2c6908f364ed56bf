"""The bank of chapter 3_3: training."""

from __future__ import annotations

EXERCISES = []

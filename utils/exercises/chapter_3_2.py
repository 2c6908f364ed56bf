"""The bank of chapter 3_2: proofreading."""

from __future__ import annotations

EXERCISES = []

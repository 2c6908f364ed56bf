"""The bank of chapter 3_1: checking a gradient by numbers."""

from __future__ import annotations

EXERCISES = []

"""The bank of chapter 2b_2: one hidden layer."""

from __future__ import annotations

EXERCISES = []

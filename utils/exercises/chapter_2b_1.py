"""The bank of chapter 2b_1: the sigmoid."""

from __future__ import annotations

EXERCISES = []

"""The bank of chapter 2b_3: dJ/dx of the network."""

from __future__ import annotations

EXERCISES = []

"""What answers: verdicts, choices, tables, the board, two games. Whoever imports it can write `%%derivation` cells."""

from utils.panels.derivation import register

register()

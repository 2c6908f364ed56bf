"""Reads and judges a derivation that is written as text, a line a step. `notation` tells how it is written."""

from utils.derivation.functions import add_function
from utils.derivation.judge import Difference, Reading, Step, Trap, judge
from utils.derivation.lines import lines_of
from utils.derivation.notation import Unreadable, example_lines, parse
from utils.derivation.setting import ANY_INDEX, HIDDEN_LAYER, OTHER_INDEX, SAME_INDEX, SIGMOID, SOFT_LABELS, Setting
from utils.derivation.slips import SLIPS, Slip
from utils.derivation.typeset import typeset

__all__ = [
    "ANY_INDEX",
    "HIDDEN_LAYER",
    "OTHER_INDEX",
    "SAME_INDEX",
    "SIGMOID",
    "SLIPS",
    "SOFT_LABELS",
    "Difference",
    "Reading",
    "Setting",
    "Slip",
    "Step",
    "Trap",
    "Unreadable",
    "add_function",
    "example_lines",
    "judge",
    "lines_of",
    "parse",
    "typeset",
]

"""Reads and judges a derivation that is written as text, a line a step. `notation` tells how it is written."""

from utils.judge.algebra.functions import Function
from utils.judge.algebra.judge import Difference, Reading, Step, Trap
from utils.judge.algebra.lines import lines_of
from utils.judge.algebra.notation import Unreadable, example_lines, parse
from utils.judge.algebra.others import Other, others
from utils.judge.algebra.setting import ANY_INDEX, HIDDEN_LAYER, OTHER_INDEX, SAME_INDEX, SIGMOID, SOFT_LABELS, Setting
from utils.judge.algebra.slips import SLIPS, TITLES, Slip
from utils.judge.algebra.text import judge
from utils.judge.algebra.typeset import typeset

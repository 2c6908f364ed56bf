"""What is asked, what right and wrong look like, what to say. `get(id).check(answer)` is the whole contract."""

from utils.judge.bank import BANK, CHAPTERS, chapter_of, get
from utils.judge.derivation import Derivation
from utils.judge.exercise import Exercise, Mistake
from utils.judge.sheet import Choice, Row, Sheet
from utils.judge.verdict import Counterexample, Verdict

__all__ = [
    "BANK",
    "CHAPTERS",
    "Choice",
    "Counterexample",
    "Derivation",
    "Exercise",
    "Mistake",
    "Row",
    "Sheet",
    "Verdict",
    "chapter_of",
    "get",
]

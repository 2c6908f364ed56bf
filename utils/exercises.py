"""What is asked, what right and wrong look like, what to say. `get(id).check(answer)` is the whole contract."""

from utils.judge.bank import BANK, CHAPTERS, chapter_of, get
from utils.judge.derivation import Derivation
from utils.judge.exercise import Choice, Exercise, Mistake, Option
from utils.judge.sheet import Row, Sheet
from utils.judge.verdict import Counterexample, Verdict

__all__ = [
    "BANK",
    "CHAPTERS",
    "Choice",
    "Counterexample",
    "Derivation",
    "Exercise",
    "Mistake",
    "Option",
    "Row",
    "Sheet",
    "Verdict",
    "chapter_of",
    "get",
]

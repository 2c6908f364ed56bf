"""What is asked, what right and wrong look like, what to say. `get(id).check(answer)` is the whole contract."""

from utils.exercises.bank import BANK, CHAPTERS, chapter_of, get
from utils.exercises.derivation import Derivation
from utils.exercises.exercise import Choice, Exercise, Mistake, Option
from utils.exercises.sheet import Row, Sheet
from utils.exercises.verdict import Counterexample, Verdict

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

"""What the parts of the screen write, and how they refuse what does not fit: the rows of screen.md."""

import re

import numpy as np
import pytest

import utils
from tests.pages import rows
from utils.exercises import Derivation, get
from utils.figures import live
from utils.figures.parts import compact
from utils.figures.saturation import power
from utils.figures.test_data import plain
from utils.judge.algebra import Function, Setting
from utils.judge.code.way import Quantity
from utils.panels.buttons import heard
from utils.panels.derivation import derivation
from utils.panels.verdict import inline
from utils.teach.slides.cut import sentences

OF_SCREENS = (Derivation, Function, Setting, compact, derivation, get, heard, inline, plain, power, sentences)
NAMES = vars(live) | {name: getattr(utils, name) for name in utils.__all__} | {it.__name__: it for it in OF_SCREENS}
NAMES |= {"OWN": {"id": "own.bad", "title": "", "hints": [], "notice": "", "minutes": 1, "level": 1}}
NAMES |= {"np": np, "due": lambda label: Quantity(np.zeros(1), 0, True, "z", label).told}  # a step that comes next


@pytest.mark.parametrize(("call", "words"), rows("What is written"))
def test_a_call_gives_these_words(call, words):
    assert eval(call, NAMES) == words


@pytest.mark.parametrize(("call", "words"), rows("What is refused"))
def test_a_call_is_refused_in_these_words(call, words):
    with pytest.raises((ValueError, live.Stopped), match=re.escape(words)):
        eval(call, NAMES)

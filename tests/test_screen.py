"""What the parts of the screen write, and how they refuse what does not fit: the rows of screen.md."""

import re

import numpy as np
import pytest

import utils
from tests.screen import rows
from utils.figures import live
from utils.figures.parts import compact
from utils.figures.saturation import power
from utils.figures.test_data import plain
from utils.panels.buttons import heard
from utils.panels.derivation import derivation

NAMES = vars(live) | {name: getattr(utils, name) for name in utils.__all__} | {"np": np, "derivation": derivation}
NAMES |= {"compact": compact, "power": power, "plain": plain, "heard": heard}


@pytest.mark.parametrize(("call", "words"), rows("What is written"))
def test_a_call_gives_these_words(call, words):
    assert eval(call, NAMES) == words


@pytest.mark.parametrize(("call", "words"), rows("What is refused"))
def test_a_call_is_refused_in_these_words(call, words):
    with pytest.raises((ValueError, live.Stopped), match=re.escape(words)):
        eval(call, NAMES)

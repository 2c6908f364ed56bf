"""What the tests of figures share: states to look at, how a figure looks there, and the numbers that it shows."""

import re
from collections import ChainMap
from functools import cache, partial

import numpy as np
import pytest
from matplotlib.container import BarContainer
from matplotlib.lines import Line2D
from matplotlib.quiver import Quiver
from matplotlib.text import Text

import utils
from tests.pages import rows
from utils import reference
from utils.exercises import get
from utils.figures.data import digits
from utils.figures.live import LiveFigure
from utils.figures.style import NEGATIVE
from utils.figures.training import TrainingFigure

NUMBER = re.compile(r"[+−]?(?:\d[\d,]*\d|\d)(?:\.\d+)?(?:e[+−]\d+|·10[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)?|[+−]?∞|nan|inf")
PLAIN = str.maketrans(dict(zip("−⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "--0123456789", strict=True)) | {"∞": "inf", ",": ""})

CLAUSE = re.compile(r"; your function .*?(?=;|\.$)")

# What some figures are given to show: each epoch's losses and share, and images, labels and a network.
EPOCHS = [(2.1, 2.2, 0.3), (1.1, 1.25, 0.62), (0.5, 0.75, 0.871)]
SEES_DIGITS = (
    *(part[:20] for part in digits()),
    *map(np.random.default_rng(0).standard_normal, ((64, 5), 5, (5, 10), 10)),
)

FIGURES = {name: kind for name in utils.__all__ if LiveFigure in getattr(kind := getattr(utils, name), "__mro__", ())}
FIGURES |= {  # those that need something to show
    "derivation_scrubber": partial(utils.derivation_scrubber, "2a_3.same_index", get("2a_3.same_index").accepts[0]),
    "digit_figure": partial(utils.digit_figure, *SEES_DIGITS),
    "training": partial(TrainingFigure, 3, EPOCHS),
}


@cache
def figure(name, function=None):
    """The figure that is called so, with a reader's function beside the reference; one for all tests."""
    return FIGURES[name](*filter(None, [function]))


def at(name, **values):
    """The figure of this name, or this figure, as it looks in a state, and its sentence."""
    shown = figure(name) if isinstance(name, str) else name
    picture = shown.picture(shown.state(**values))
    assert picture["shapes"], picture["twin"]
    return shown, picture["twin"]


def twin(name, **values):
    return at(name, **values)[1]


def between(words, start, end):
    assert start in words, words
    return words.partition(start)[2].partition(end)[0]


def words(texts):
    return [text.get_text() for text in texts]


def lengths(bars):
    return [bar.get_height() if bars.orientation == "vertical" else bar.get_width() for bar in bars]


# ---- The page figures.md


@cache
def table(name):
    """A figure's rows: (function or None, state, what its sentence holds, what stands in its picture)."""
    found = []
    for call, says, picture in rows(name, "figures.md"):
        given = eval(f"dict({'function=' * call.startswith('lambda')}{call})", {"np": np} | vars(reference))
        found.append((given.pop("function", None), given, says, picture))
    return found


def moved(figure):
    """Each control of a figure, and where it can be: at its ends, and a little beside where it starts."""
    for control in figure.controls:
        here, last = control.index(control.home), len(control.stops) - 1
        for i in {0, last, here + 3 if here + 3 < last else max(here - 3, 0)} - {here}:
            yield control.names[0], control.stops[i]


def states(name):
    """(figure, state): the figure at its start, with each control moved, in ten states at random, and in those of its
    table, where a reader's function is beside the reference in some."""
    alone, rng = figure(name), np.random.default_rng(3)
    moves = [stop for _, stop in moved(alone)]
    for _ in range(10):
        moves.append(dict(ChainMap(*(rng.choice(control.stops) for control in alone.controls))))
    for state in ({}, *moves):
        yield alone, alone.state(**state)
    for function, state, *_ in table(name):
        mine = figure(name, function)
        yield mine, mine.state(**state)


# ---- The numbers that are shown


def agree(oracle, figure, state):
    """Put a figure into a state; the picture and the sentence there hold what the oracle says. Returns the sentence."""
    with np.errstate(all="ignore"):
        said = figure.update(state)
        for *shown, expected in oracle(figure, state, CLAUSE.sub("", said)):
            try:
                for each in shown:
                    shows(each, np.ravel(expected).astype(float))
            except AssertionError as error:
                error.add_note(f"{state}: {said}")
                raise
    return said


def shows(shown, expected):
    """Words have the numbers as they round; bars have them as lengths, marks as places, arrows as ways. A bar that is
    drawn in the look of its sign goes the way of that sign."""
    if isinstance(shown, BarContainer):
        for bar, length in zip(shown, lengths(shown), strict=True):
            assert (bar.get_hatch() == NEGATIVE["hatch"]) == (length < 0) or bar.get_hatch() not in (None, "///")
        shown = lengths(shown)
    elif isinstance(shown, Line2D):
        shown = shown.get_xydata()
    elif isinstance(shown, Quiver):
        shown = np.column_stack([shown.U, shown.V])
    elif isinstance(shown, str) or any(isinstance(each, Text) for each in shown):
        text = shown if isinstance(shown, str) else " ".join(t.get_text() for t in shown if t.get_visible())
        found = [each.replace("·10", "e").translate(PLAIN) for each in NUMBER.findall(text)]
        assert len(found) == len(expected), (text, expected)
        for each, value in zip(found, expected, strict=True):
            assert float(each) == pytest.approx(value, rel=1e-9, abs=half(each), nan_ok=True), (text, expected)
        return
    assert np.array(shown, dtype=float).ravel() == pytest.approx(expected, abs=1e-6, nan_ok=True), shown


def half(written):
    """Of the last digit that is written. A count below 100 is exact."""
    digits, _, exponent = written.partition("e")
    if written in ("inf", "-inf", "nan") or (written.isdigit() and len(written) < 3):
        return 0
    return 0.502 * 10.0 ** (int(exponent or 0) - len(digits.partition(".")[2]))

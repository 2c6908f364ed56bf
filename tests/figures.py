"""What the tests of figures share: how a figure looks in a state, and the numbers in what it says."""

import re
from functools import cache

import pytest

made = cache(lambda figure: figure())


def at(figure, **values):
    """The figure as it looks in this state, and its sentence. figure: its class, of which one is made for all tests."""
    figure = made(figure) if isinstance(figure, type) else figure
    picture = figure.picture(figure.state(**values))
    assert picture["shapes"], picture["twin"]
    return figure, picture["twin"]


def twin(figure, **values):
    return at(figure, **values)[1]


def numbers(words):
    """Every number in a sentence that has one or more decimals."""
    return [float(found.replace("−", "-")) for found in re.findall(r"[+−]?\d+\.\d+", words)]


def between(words, start, end):
    assert start in words, words
    return words.partition(start)[2].partition(end)[0]


def words(texts):
    return [text.get_text() for text in texts]


def shown(texts):
    """The numbers that stand there."""
    return [float(text.get_text().replace("−", "-")) for text in texts if text.get_visible()]


def lengths(bars):
    return [bar.get_height() if bars.orientation == "vertical" else bar.get_width() for bar in bars]


def near(values):
    """Equal to the last of two printed decimals."""
    return pytest.approx(values, abs=0.00502)


def raises(*arguments):
    raise RuntimeError("no idea")

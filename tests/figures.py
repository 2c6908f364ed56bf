"""What the tests of figures share: how a figure looks in a state, and the numbers in what it says."""

import re

import pytest


def twin(figure, **values):
    """The sentence for these values, of a picture that was drawn."""
    made = figure.picture(figure.state(**values))
    assert made["shapes"], made["twin"]
    return made["twin"]


def at(figure, **values):
    """The figure as it looks in this state."""
    figure.update(figure.state(**values))
    return figure


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


def near(values):
    """Equal to the last of two printed decimals."""
    return pytest.approx(values, abs=0.00502)


def raises(*arguments):
    raise RuntimeError("no idea")

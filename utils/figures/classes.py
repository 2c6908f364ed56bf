"""The classes, what figures ask of them, their scores and their targets, and how they stand in rows and in words."""

import numpy as np

from utils.figures.live import Slider, span
from utils.figures.parts import plain_rows
from utils.figures.style import INK, number
from utils.reference import one_hot

CLASSES = ("cat", "dog", "owl", "fox")
INDICES = np.arange(len(CLASSES))
SUBSCRIPTS = "₀₁₂₃"
SCORES = tuple(
    Slider(f"theta_{i}", f"θ{SUBSCRIPTS[i]}, {CLASSES[i]}", span(-5, 5, 0.1), start)
    for i, start in enumerate((2, 1, -1, 0.5))
)
TARGET = Slider("k", "true class k", CLASSES, "dog"), Slider("softness", "how soft y is", span(0, 1, 0.05), 0)


def scores(state):
    return np.array([state[f"theta_{i}"] for i in INDICES])


def target(k, softness, classes=CLASSES):
    """One-hot at k, of which softness is taken and spread evenly over all classes."""
    return (1 - softness) * one_hot(classes.index(k), len(classes)) + softness / len(classes)


def named(values, form="+.2f"):
    """Numbers of the first classes, in words."""
    return ", ".join(f"{name} {number(value, form)}" for name, value in zip(CLASSES, values, strict=False))


def class_rows(axes, start, end):
    """A row for each class, the first on top, with a line at 0; the axis below runs from start to end."""
    axes.set(ylim=(3.6, -0.6), yticks=INDICES, yticklabels=CLASSES)
    plain_rows(axes, start, end)
    axes.axvline(0, color=INK, linewidth=0.8)

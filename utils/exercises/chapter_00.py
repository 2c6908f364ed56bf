"""The warm-up of chapter 00: one-hot rows from labels."""

from __future__ import annotations

import numpy as np

from utils.exercises.exercise import Exercise, Mistake
from utils.exercises.inputs import labels_and_K
from utils.reference import one_hot


def _with_a_loop(labels, K):
    y = np.zeros((len(labels), K))
    for n, label in enumerate(labels):
        y[n, label] = 1
    return y


def _every_row(labels, K):
    y = np.zeros((len(labels), K))
    y[:, labels] = 1
    return y


def _exchanged(labels, K):
    y = np.zeros((len(labels), K))
    y[labels, np.arange(len(labels))] = 1
    return y


def _first_row_only(labels, K):
    y = np.zeros((len(labels), K))
    y[0, labels[0]] = 1
    return y


def _starts_anew(labels, K):
    for n, label in enumerate(labels):
        y = np.zeros((len(labels), K))
        y[n, label] = 1
    return y


def _one_row_for_all(labels, K):
    y = np.zeros(K)
    y[labels] = 1
    return y


def _one_sum_each(labels, K, result):
    if not np.allclose(np.sum(result, axis=-1), 1):
        return "Not every row of your result sums to 1. How many ones should a row hold?"
    return None


EXERCISES = [
    Exercise(
        id="00.one_hot",
        title="Labels to one-hot rows",
        minutes=4,
        level=1,
        reference=one_hot,
        steps=r"""
            rows = np.eye(K)  # the $K \times K$ identity: its row $k$ is the one-hot row of class $k$
            y = rows[labels]  # $y$: of these rows one for each label
        """,
        inputs=labels_and_K,
        mistakes=[
            Mistake(
                "every-row",
                _every_row,
                "Each label put a 1 into its column of *every* row. You want row 0 with the first label, row 1 with the "
                "second, and so on. (`[:, labels]` means all rows; and a list that holds the *same* row $N$ times shows "
                "every change of it $N$ times.)",
            ),
            Mistake(
                "counts-from-one",
                lambda labels, K: np.eye(K)[labels - 1],
                "Your ones stand one column too far to the left, and for label 0, where that is column $-1$, in the last "
                "column. Labels count from 0 here: label 0 is column 0.",
            ),
            Mistake(
                "transposed",
                lambda labels, K: np.eye(K)[:, labels],
                "You have a *column* for each example. In this workbook an example is a row: the result is $(N, K)$.",
            ),
            Mistake(
                "one-row-for-all",
                _one_row_for_all,
                "You built one row that marks every label that occurs. Each example needs a row of its own.",
            ),
            Mistake(
                "indices-exchanged",
                _exchanged,
                "The two indices are exchanged: the first picks the row, the second the column. The row is the example, "
                "its label the column.",
            ),
            Mistake(
                "returned-too-early",
                _first_row_only,
                "You return after the first row, from inside the loop. Move `return` out by one indent.",
            ),
            Mistake(
                "starts-anew",
                _starts_anew,
                "Only the last row has its 1: the zeros are made inside the loop, so every round starts anew. Make them once, "
                "before it.",
            ),
            Mistake(
                "side-by-side",
                lambda labels, K: (labels == np.arange(K)).astype(float),
                "$N$ labels stand beside $K$ columns, and NumPy compares them in pairs. Each label is to meet every column: make "
                "the labels a column, $(N, 1)$.",
            ),
            Mistake(
                "label-in-place-of-one",
                lambda labels, K: np.eye(K)[labels] * np.asarray(labels)[:, None],
                "The right places, but you wrote the label itself there. A one-hot row holds a 1, whatever the class.",
            ),
            Mistake(
                "one-cold",
                lambda labels, K: 1 - np.eye(K)[labels],
                "Ones and zeros are exchanged: the 1 belongs to the label's own column, zeros to all the others.",
            ),
            Mistake(
                "guesses-K",
                lambda labels, K: np.eye(np.max(labels) + 1)[labels],
                "You made as many columns as the largest label asks for. A batch need not contain every class; "
                "use $K$, which is handed to you.",
            ),
            *(
                Mistake(
                    "fixed-K",
                    formula,
                    "You made 4 columns, as many as the first example asks for. The next batch has another number of classes: use "
                    "$K$, which is handed to you.",
                )
                for formula in (lambda labels, K: np.eye(4)[labels], lambda labels, K: _with_a_loop(labels, 4))
            ),
        ],
        accepts=[
            _with_a_loop,
            lambda labels, K: np.eye(K)[labels],
            lambda labels, K: (np.asarray(labels)[:, None] == np.arange(K)).astype(int),
            lambda labels, K: np.asarray(labels)[:, None] == np.arange(K),
            lambda labels, K: [[float(j == label) for j in range(K)] for label in labels],
        ],
        hints=[
            "On paper first: for labels 2 and 0 with $K = 4$ the rows are (0, 0, 1, 0) and (1, 0, 0, 0).",
            "What do you get when you write down row 2 of the $4 \\times 4$ identity matrix?",
            "`np.eye(K)` is that matrix, and an array of integers between square brackets picks rows.",
        ],
        notice='Each row of $y$ is a probability vector: it says "class $k$, and I am sure". Soft labels, later, are '
        "the same rows with less certainty.",
        laws=[_one_sum_each],
    ),
]

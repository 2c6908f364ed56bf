"""Proofreading: the page's marks agree with what the checker finds in it, and it can be mended."""

import re

import pytest
from matplotlib.mathtext import MathTextParser

from utils.exercises import get
from utils.judge.algebra import lines_of
from utils.judge.bank import exercises
from utils.judge.derivation import Derivation
from utils.panels import derivation
from utils.teach import notebooks

EXERCISES = list(exercises("3_2").values())

REPAIRS = [e for e in EXERCISES if isinstance(e, Derivation)]
MARKED = {"3_2.part_2a": ("same_index", "other_index"), "3_2.part_2b": ("diagonal", "chain")}
# Which mark of the sheet stands for a slip that the checker names.
CALLED = {
    "value-for-operator": "operator",
    "lost-minus": "sign",
    "constant-sign": "sign",
    "vector-for-diagonal": "shape",
    "matmul-for-hadamard": "product",
}


def found(page):
    """The number of each line of a page, with what is found in it: of what is written twice, the first."""
    asked = get(f"3_2.repair_{page}")
    steps = iter(asked.read(asked.given).steps)
    for line in asked.given.splitlines():
        formula, _, number = line.partition("%")
        here = [next(steps) for _ in lines_of(formula)]
        yield number.strip(), next((step for step in here if step.status != "right"), here[-1])


# ---- the page -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("id", MARKED)
def test_the_marks_of_the_sheet_are_what_the_checker_finds_in_the_page_as_it_stands(id):
    solution, seen, above = get(id).solution, set(), "right"
    for page in MARKED[id]:
        for number, step in found(page):
            seen.add(number)
            above = {"right": "right", "carried": above}.get(step.status) or CALLED[step.slug]
            assert solution[number] == above, number
    assert set(solution) - seen <= {"B5"}, "B5 is prose"


def test_the_page_has_all_its_lines_and_exactly_the_slips_that_were_found_on_it():
    first, second = (get(id).solution for id in MARKED)
    assert list(first) == [f"A{n}" for n in range(1, 17)] and list(second) == [f"B{n}" for n in range(1, 11)]
    assert {n: mark for n, mark in (first | second).items() if mark != "right"} == {
        "A2": "operator",
        "A3": "operator",
        "A7": "sign",
        "A8": "sign",
        "A13": "sign",
        "B8": "shape",
        "B10": "product",
    }


@pytest.mark.parametrize("id", MARKED)
def test_no_number_that_is_advised_is_a_special_one(id):
    said = [
        *get(id).hints,
        *(text for row in get(id).rows for text in (row.told, row.otherwise, *row.feedback.values())),
    ]
    assert not [text for text in said if re.search(r"\\theta = \(0, 0\)|\\hat y_i = \\frac12", text)]


@pytest.mark.parametrize("id", MARKED)
def test_every_line_can_be_typeset_and_every_slip_is_explained_when_it_is_found(id):
    for row in get(id).rows:
        assert row.told or row.right == "right", row.slug
        assert row.otherwise != "This does not fit here.", row.slug
        if row.right != "right":
            assert row.feedback["right"], "whoever overlooks a slip is shown where to look"
        for formula in re.findall(r"\$([^$]+)\$", row.label.replace(r"\displaystyle", "")):
            MathTextParser("path").parse(f"${formula}$")


# ---- mending it ---------------------------------------------------------------------------------------------------


def test_what_is_said_of_a_mended_chain_is_true_without_brackets_and_with_a_diagonal_matrix():
    asked = get("3_2.repair_chain")
    above = ["D(J, x)", "D(J, theta) @ D(theta, h) @ D(h, x)", "D(J, theta) @ D(theta, h) @ D(h, z) @ D(z, x)"]
    ends = [
        "(y_hat - y) @ W2.T * sigma(z) * (1 - sigma(z)) @ W1.T",
        "(y_hat - y) @ W2.T @ diag(sigma(z) * (1 - sigma(z))) @ W1.T",
    ]
    for end in ends:
        text = "\n".join([*above, "(y_hat - y) @ W2.T @ D(h, z) @ W1.T", end])
        assert asked.check(text).state == "right", end
    assert "so brackets are needed" not in asked.hints[2] and "Two matrix products" not in asked.notice


def test_what_is_said_of_the_mended_other_case_is_true_without_brackets():
    asked = get("3_2.repair_other_index")
    text = get("3_2.repair_other_index").given.replace("(\\theta_k - \\log", "(-\\theta_k + \\log")
    assert asked.check(text).state == "right" and "brackets" not in asked.notice


def cells(folder):
    path = notebooks.ROOT / folder / "3_2_proofreading.ipynb"
    return {cell.id: cell.source for cell in notebooks.parse(path.read_text(encoding="utf-8")).cells}


@pytest.mark.parametrize("asked", REPAIRS, ids=lambda e: e.id)
def test_the_reader_is_given_the_page_and_mends_it_where_it_stands(asked):
    (given,) = (s for s in cells("notebooks").values() if s.startswith(f"%%derivation {asked.id}\n"))
    assert given.partition("\n")[2] + "\n" == asked.given
    verdict, reading = asked.examine(asked.given)
    assert verdict.state == "not attempted" and reading.first_slip, "marked, and no attempt yet"


@pytest.mark.parametrize("asked", REPAIRS, ids=lambda e: e.id)
def test_the_mended_page_keeps_every_line_that_was_right(asked):
    (mended,) = (s for s in cells("solutions").values() if s.startswith(f"%%derivation {asked.id}\n"))
    kept = {step.text for step in asked.read(asked.given).steps if step.status == "right"}
    assert kept <= set(lines_of(mended.partition("\n")[2])) and asked.check(mended.partition("\n")[2]).state == "right"


def test_a_page_that_is_only_shown_counts_for_nobody(screen):
    wrong = "D(J, x)\n(y_hat - y) * W2.T"
    derivation._magic(" 3_2.repair_chain  record=False ", wrong)
    assert not screen.progress.entries() and not derivation.LATEST
    derivation._magic(" 3_2.repair_chain ", wrong)
    assert screen.progress.state("3_2.repair_chain") == "wrong" and derivation.LATEST["3_2.repair_chain"] == wrong

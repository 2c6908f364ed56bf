"""Derivations as people write them on paper, in three alphabets; and whole pages from the command line."""

from collections import Counter

import pytest

from tests.derivation_data import PAPERS, planted, rows
from tests.test_derivation_judge import DERIVATIONS
from utils.exercises import get
from utils.judge.algebra.lines import cut
from utils.teach.grade import proofread

UNNAMED = None, "ratio", "offset"


def test_there_are_twenty_in_each_alphabet_over_all_exercises_and_two_slips_in_each():
    many = Counter(paper.alphabet for paper in PAPERS)
    assert set(many) == set("NULMP") and min(many.values()) >= 20
    assert {paper.exercise for paper in PAPERS} == {exercise.id for exercise in DERIVATIONS}
    assert all(len(paper.plants) == 2 * (paper.alphabet != "P") for paper in PAPERS)


@pytest.mark.parametrize("paper", PAPERS)
def test_a_right_derivation_passes_in_the_notation_of_paper(paper):
    verdict, reading = get(paper.exercise).examine(paper.text)
    assert verdict.state == "right", verdict.message
    assert all(step.latex for step in reading.steps), "every line is typeset as it was read"


@pytest.mark.parametrize("paper", PAPERS)
def test_a_planted_slip_is_found_in_its_line_and_has_a_true_name_or_none(paper):
    for plant in paper.plants:
        verdict, reading = get(paper.exercise).examine(planted(paper, plant))
        assert (verdict.state, reading.first_slip.number) == ("wrong", plant.line)
        assert verdict.mistake in (*UNNAMED, *plant.names)


def test_most_planted_slips_have_a_name():
    plants = [(paper, plant) for paper in PAPERS for plant in paper.plants][::4]
    found = [get(paper.exercise).check(planted(paper, plant)).mistake for paper, plant in plants]
    assert sum(mistake not in UNNAMED for mistake in found) >= 0.7 * len(found)


# ---- lines --------------------------------------------------------------------------------------------------------


def lines_in(text, names=None):
    """Of a text in a row, where ↵ is a line break."""
    return [" ".join(line.text.split()) for line in cut(text.replace("↵", "\n"), names)]


@pytest.mark.parametrize("row", rows("sides"))
def test_an_equals_sign_opens_the_next_line_wherever_it_stands(row):
    text, *lines = row
    assert lines_in(text) == lines


def test_of_nothing_there_is_no_line():
    assert cut("") == []


@pytest.mark.parametrize("row", rows("said in words"))
def test_what_is_said_in_words_is_left_out(row):
    text, *lines = row
    assert lines_in(text, ("theta", "y")) == lines


def test_a_name_of_ones_own_is_a_step_of_its_own_and_can_be_differentiated_by():
    asked = get("2b_1.identity")
    for said in ("let u = 1 + exp(-z)", "u = 1 + e^{-z}", r"\text{let } u = 1 + e^{-z}"):
        text = f"D(sigma(z), z)\n{said}\n= D(1/u, u) D(u, z)\n= e^{{-z}}/u^2\nsigma(z)(1 - sigma(z))"
        verdict, reading = asked.examine(text)
        assert verdict.state == "right" and [step.beside for step in reading.steps[1:4]] == [True, True, False]


def test_that_two_things_are_equal_may_be_shown_from_either():
    lines = get("2b_1.symmetry").accepts[0].splitlines()
    assert get("2b_1.symmetry").check("\n".join(reversed(lines))).state == "right"


def test_a_calculation_beside_the_derivation_is_compared_with_itself_alone():
    asked = get("2b_3.chain")
    beside = "∂z/∂x = W_2^T"
    verdict, reading = asked.examine(f"∂J/∂x\n{beside}\n{asked.answer}")
    assert (verdict.state, reading.first_slip.number, reading.first_slip.beside) == ("wrong", 3, True)
    assert "what stands above it is a matrix (5, 4)" in verdict.message
    assert asked.check("∂z/∂x = W_1^T").mistake == "not-the-question"


# ---- pages --------------------------------------------------------------------------------------------------------


@pytest.fixture
def page(tmp_path):
    same, chain = get("3_2.repair_same_index"), get("3_2.repair_chain")
    path = tmp_path / "page.tex"
    path.write_text(f"{same.given}\n% exercise: 3_2.repair_chain\n{chain.given}", encoding="utf-8")
    return path


def test_a_page_is_proofread_line_by_line(page, capsys):
    assert proofread.main([str(page), "--exercise", "2a_3.same_index"]) == 1
    told = capsys.readouterr().out
    assert "page.tex, 2a_3.same_index: wrong" in told and "page.tex, 3_2.repair_chain: wrong" in told
    names = [line.partition(":")[0].strip() for line in told.splitlines() if line.startswith(" " * 10)]
    slips = ["value-for-operator", "lost-minus", "constant-sign", "vector-for-diagonal", "matmul-for-hadamard"]
    assert names == slips and "0 of 2 are right." in told


def test_what_stands_before_the_first_exercise_is_no_derivation_if_it_has_no_formula(tmp_path, capsys):
    page, text = tmp_path / "page.tex", get("2a_3.other_index").accepts[0]
    head = "\\documentclass{article}\n\\begin{document}\n\\section*{2(a)}"
    page.write_text(f"{head}\n% exercise: 2a_3.other_index\n{text}", encoding="utf-8")
    assert proofread.main([str(page), "--exercise", "2a_3.same_index"]) == 0
    assert "2a_3.same_index" not in capsys.readouterr().out


def test_a_folder_of_pages_is_proofread_and_all_right_is_0(tmp_path, capsys):
    for n in range(2):
        text = f"% exercise: 2a_3.other_index\n{get('2a_3.other_index').accepts[0]}"
        (tmp_path / f"{n}.tex").write_text(text, encoding="utf-8")
    assert proofread.main([str(tmp_path)]) == 0
    assert "2 of 2 are right." in capsys.readouterr().out

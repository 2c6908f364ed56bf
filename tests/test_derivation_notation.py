"""The notation: what each line means, what is said where one cannot be read, and how it is typeset; derivations as
people write them on paper, in three alphabets; and whole pages from the command line."""

import re
from collections import Counter

import numpy as np
import pytest
from matplotlib.mathtext import MathTextParser

from tests import pages
from tests.derivation_data import PAPERS, PROSE, RIGHT, SETTINGS, planted, rows
from tests.test_derivation_judge import DERIVATIONS
from utils.exercises import get
from utils.judge.algebra import Unreadable, example_lines, lines_of, parse, typeset
from utils.judge.algebra.evaluate import World
from utils.judge.algebra.lines import cut
from utils.judge.algebra.notation import DEEPEST, LONGEST_LINE, readings
from utils.reference import complex_step, cross_entropy_from_logits, sigmoid_derivative, softmax, softmax_jacobian
from utils.teach.grade import proofread

OTHER_INDEX, SIGMOID, SOFT_LABELS = (SETTINGS[name] for name in ("other", "sigmoid", "soft"))


def world(setting):
    return World(setting, setting.points(np.random.default_rng(3)))


def value(text, setting):
    return world(setting).value(parse(text, setting.names))


def refusal(text, setting=OTHER_INDEX):
    with pytest.raises(Unreadable) as caught:
        world(setting).value(parse(text, setting.names))
    return caught.value


# ---- what lines mean ----------------------------------------------------------------------------------------------


def test_the_ten_documented_lines_have_values_in_the_settings_they_are_about():
    lines = example_lines()
    assert len(lines) == 10
    for line, said in lines:
        readable = 0
        for setting in SETTINGS.values():
            try:
                readable += np.isfinite(value(line, setting)).all()
            except Unreadable:
                continue
        assert readable, line
        assert said


@pytest.mark.parametrize(("setting", "line", "same"), rows("one value") + rows("one value of paper"))
def test_two_ways_to_write_a_thing_have_one_value(setting, line, same):
    if "W1[k, j]" in line:  # k is bound only inside a sum
        line, same = f"sum({line}, k)", f"sum({same}, k)"
    a, b = (value(text, SETTINGS[setting]) for text in (line, same))
    assert a.shape == b.shape
    np.testing.assert_allclose(a, b, rtol=1e-11, atol=1e-13)


def test_derivatives_agree_with_the_reference():
    at = OTHER_INDEX.points(np.random.default_rng(3))
    for n, (theta, y) in enumerate(zip(at["theta"], at["y"], strict=True)):
        expected = complex_step(lambda t, y=y: cross_entropy_from_logits(t, y), theta)
        np.testing.assert_allclose(value("D(J, theta)", OTHER_INDEX)[n], expected, rtol=1e-12)
        np.testing.assert_allclose(value("D(y_hat, theta)", OTHER_INDEX)[n], softmax_jacobian(theta[0]), rtol=1e-12)
        np.testing.assert_allclose(value("y_hat", OTHER_INDEX)[n], softmax(theta), rtol=1e-12)
    z = SIGMOID.points(np.random.default_rng(3))["z"]
    np.testing.assert_allclose(value("D(h, z)", SIGMOID), sigmoid_derivative(z), rtol=1e-12)


def test_a_logarithm_of_a_negative_number_has_no_value_even_inside_a_derivative():
    assert np.isnan(value("log(-exp(theta[i]))", OTHER_INDEX)).all()
    assert np.isnan(value("D(log(-exp(theta[i])), theta[i])", OTHER_INDEX)).all()


# ---- paper and LaTeX ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("setting", "line", "same"), rows("one tree"))
def test_paper_and_latex_are_read_as_the_same_tree(setting, line, same):
    setting = SETTINGS[setting]
    assert world(setting).meant(parse(line, setting.names)) == parse(same, setting.names)


@pytest.mark.parametrize("row", rows("readings"))
def test_what_paper_leaves_open_has_two_readings(row):
    line, *ways = row
    meant, names = world(SOFT_LABELS).meant, SOFT_LABELS.names
    assert [meant(way) for way in readings(line, names)] == [parse(way, names) for way in ways]


def test_all_that_is_wrong_with_a_line_is_told_at_once():
    trouble = refusal("tehta[i] + foo(3) ; e + qq")
    assert [other.column for other in (trouble, *trouble.more)] == [0, 11, 18, 20, 24]
    assert "At column 12: `foo` is not a function" in trouble.all


# ---- what is refused, where, and how to mend it --------------------------------------------------------------------


@pytest.mark.parametrize(("text", "column", "said"), [*rows("refused"), ("1 \x00", 2, "cannot be seen")])
def test_what_cannot_be_read_is_refused_at_its_column_with_a_mend(text, column, said):
    trouble = refusal(text)
    assert trouble.column == int(column)
    assert said in trouble.message


@pytest.mark.parametrize(("setting", "text", "said"), rows("does not go together"))
def test_what_does_not_go_together_is_told_with_its_shapes(setting, text, said):
    assert said in refusal(text, SETTINGS[setting]).message


@pytest.mark.parametrize(("text",), pages.rows("What is too deep, too long, or would run something", "heavy.md"))
def test_what_is_too_deep_or_too_long_or_would_run_something_else_is_refused(text):
    assert refusal(eval(text, {"LONGEST_LINE": LONGEST_LINE})).message


def test_brackets_may_be_as_deep_as_is_promised():
    assert parse("(" * DEEPEST + "1" + ")" * DEEPEST, ())


# ---- typesetting --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("setting", "text", "latex"), rows("typeset"))
def test_a_line_is_typeset_with_the_brackets_its_meaning_needs(setting, text, latex):
    setting = SETTINGS[setting]
    assert typeset(parse(text, setting.names), world(setting).shapes) == latex
    MathTextParser("path").parse(f"${latex}$")  # as a figure shows it


def test_what_is_typeset_is_read_as_what_it_was():
    others = "2b_1.identity", "2b_1.symmetry", "2b_3.chain", "2b_3.entry", "3_3.weight"
    for id, text in [*RIGHT, *((other, text) for other in others for text in get(other).accepts)]:
        setting = get(id).setting
        here = world(setting)
        for line in lines_of(text):
            latex = typeset(here.meant(parse(line, setting.names)), here.shapes)
            MathTextParser("path").parse(f"${latex}$")  # as a figure shows it
            np.testing.assert_allclose(value(latex, setting), value(line, setting), rtol=1e-9, atol=1e-12)


# ---- derivations on paper ------------------------------------------------------------------------------------------

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


@pytest.mark.parametrize(("exercise", "text"), PROSE)
def test_of_a_text_with_sentences_the_formulas_are_judged(exercise, text):
    verdict, reading = get(exercise).examine(pasted := re.sub("^✗ ", "", text, flags=re.MULTILINE))
    assert get("2b_3.chain" if exercise[:2] == "2a" else "2a_3.same_index").check(pasted).state in ("wrong", "right")
    if "✗" not in text:
        assert verdict.state == "right", verdict.message
    else:
        (row,) = re.findall("^✗ (.*)", text, re.MULTILINE)
        told, row = (re.sub(r"[\s&=\\]", "", part) for part in (reading.first_slip.text, row))
        assert verdict.state == "wrong" and told and told in row


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
    return [" ".join(line.split()) for line in lines_of(text.replace("↵", "\n"), names)]


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


def test_a_page_is_proofread_line_by_line(tmp_path, capsys):
    page, (same, chain) = tmp_path / "page.tex", (get(f"3_2.repair_{name}").given for name in ("same_index", "chain"))
    page.write_text(f"{same}\n% exercise: 3_2.repair_chain\n{chain}", encoding="utf-8")
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

"""Derivations as people write them on paper, in three alphabets; and whole pages from the command line."""

from collections import Counter

import pytest

from tests.derivation_data import PAPERS, planted
from tests.test_derivation_judge import DERIVATIONS
from utils.exercises import get
from utils.judge.algebra.lines import cut
from utils.teach.grade import proofread

UNNAMED = None, "ratio", "offset"
PLANTED = [(paper, plant) for paper in PAPERS for plant in paper.plants]


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


@pytest.mark.parametrize(("paper", "plant"), PLANTED)
def test_a_planted_slip_is_found_in_its_line_and_has_a_true_name_or_none(paper, plant):
    verdict, reading = get(paper.exercise).examine(planted(paper, plant))
    assert (verdict.state, reading.first_slip.number) == ("wrong", plant.line)
    assert verdict.mistake in (*UNNAMED, *plant.names)


def test_most_planted_slips_have_a_name():
    found = [get(paper.exercise).check(planted(paper, plant)).mistake for paper, plant in PLANTED[::4]]
    assert sum(mistake not in UNNAMED for mistake in found) >= 0.7 * len(found)


# ---- lines --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("a = b = c", ["a", "b", "c"]),
        ("a\n= b\n= c", ["a", "b", "c"]),
        ("a =\nb", ["a", "b"]),
        (r"a &= b \\ &= c \\[2pt] = d", ["a", "b", "c", "d"]),
        ("\\begin{align*}\na &= b \\\\\n  &= c\n   + d\n\\end{align*}", ["a", "b", "c    + d"]),
        ("$$a = b$$ \n\\[ c \n + d \\]", ["a", "b", "c   + d"]),
        ("Hence $a = b$, and so $= c$.", ["a", "b", "c"]),
        ("a # why\n% nothing\n= b % because\n...", ["a", "b"]),
        ("a = b, c = d", ["a", "b", "c", "d"]),
        ("for i = k: a = b", ["a", "b"]),
        (r"i \ne k:\; a = b", ["a", "b"]),
        (r"\text{if } i = k \text{ then } a", ["a"]),
        ("let u = a", ["u", "a"]),
        (r"a \Rightarrow b", ["a", "b"]),
        ("sum(y[j], j=0)", ["sum(y[j], j=0)"]),
        ("1[i = k] + f(a, b)", ["1[i = k] + f(a, b)"]),
        (r"\sum_{j=1}^K a, \quad \text{so}", [r"\sum_{j=1}^K a"]),
        ("\\documentclass{a}\n\\begin{document}\nWe have $a = b$ and\n$$= c$$\n\\end{document}", ["a", "b", "c"]),
        ("", []),
    ],
)
def test_an_equals_sign_opens_the_next_line_wherever_it_stands(text, lines):
    assert [line.text for line in cut(text)] == lines


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("Since y = 1 and i = k, only one term is left: theta = y", ["theta", "y"]),
        ("= theta  (chain rule)", ["theta"]),
        ("= theta because y = 1", ["theta"]),
        ("By the chain rule, theta = y", ["theta", "y"]),
        ("Hence the answer is theta", ["theta"]),
        ("= theta where y = 2", ["theta", "y", "2"]),
        ("Step 2: theta = y = theta", ["theta", "y", "theta"]),
        ("1) theta = y", ["theta", "y"]),
        (r"theta \qquad (2)", ["theta"]),
        ("theta    (2.1)", ["theta"]),
        ("theta (2)", ["theta (2)"]),
        (r"(theta \quad y)", ["(theta   y)"]),
        ("theta => y <=> theta", ["theta", "y", "theta"]),
        (r"\boxed{theta = y}\qquad\blacksquare", ["theta", "y"]),
        (r"\theta\overset{(1)}{=}\underbrace{y}_{=1}", [r"\theta", "{y}"]),
        ("Let theta = y. Then y = theta.", ["theta", "y", "y", "theta"]),
        ("thetaa + y", ["thetaa + y"]),
        ("foo theta", ["foo theta"]),  # a name that is not known is told, and no word that is left out
    ],
)
def test_what_is_said_in_words_is_left_out(text, lines):
    assert [line.text for line in cut(text, ("theta", "y"))] == lines


def test_a_name_of_ones_own_is_a_step_of_its_own_and_can_be_differentiated_by():
    asked = get("2b_1.identity")
    for said in ("let u = 1 + exp(-z)", "u = 1 + e^{-z}", r"\text{let } u = 1 + e^{-z}"):
        text = f"D(sigma(z), z)\n{said}\n= D(1/u, u) D(u, z)\n= e^{{-z}}/u^2\nsigma(z)(1 - sigma(z))"
        verdict, reading = asked.examine(text)
        assert verdict.state == "right" and [step.beside for step in reading.steps[1:4]] == [True, True, False]
    assert "There is no `v` here" in asked.check("D(sigma(z), z)\nlet u = v + 1").message
    assert "There is no `u` here" in asked.check("D(sigma(z), z)\nlet u = u + 1").message


def test_a_calculation_beside_the_derivation_is_compared_with_itself_alone():
    asked = get("2b_3.chain")
    beside = "∂z/∂x = W_2^T"
    verdict, reading = asked.examine(f"∂J/∂x\n{beside}\n{asked.answer}")
    assert (verdict.state, reading.first_slip.number, reading.first_slip.beside) == ("wrong", 3, True)
    assert "what stands above it is a matrix (5, 4)" in verdict.message
    assert asked.check("∂z/∂x = W_1^T").mistake == "not-the-question"


def test_all_lines_that_cannot_be_read_are_told_at_once():
    message = get("2a_3.same_index").check("D(J, theta[i])\n2 *\nfoo(1) + bar\ny_hat[i] - 1").message
    assert "Line 2: The line ends" in message and "Line 3: `foo` is not a function" in message
    assert "At column 10: There is no `bar` here" in message


def test_one_sign_for_two_products_is_a_slip_although_the_value_is_right():
    asked = get("2b_3.chain")
    for line in ("(ŷ-y)·W_2^T·σ(z)·(1-σ(z))·W_1^T", "(ŷ-y) W_2^T σ(z) (1-σ(z)) W_1^T"):
        slip = asked.examine(f"∂J/∂x = {line}")[1].first_slip
        assert (slip.number, slip.slug) == (2, "matmul-for-hadamard") and "One sign stands for two" in slip.reason
    for line in ("((ŷ-y) W_2^T · σ(z) · (1-σ(z))) W_1^T", "(ŷ-y) W_2^T diag(σ(z)(1-σ(z))) W_1^T"):
        assert asked.examine(f"∂J/∂x = {line}")[1].first_slip is None


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


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nowhere.tex"], "there is no 'nowhere.tex'"),
        (["."], "holds no page; files .md, .tex, .txt would fit"),
        (["page.txt"], "--exercise, or a line `% exercise: ID` in it, would"),
        (["page.txt", "--exercise", "2a_1.softmax"], "'2a_1.softmax' is a function to write"),
        (["bytes.tex", "--exercise", "2a_3.same_index"], "is not text in UTF-8"),
    ],
)
def test_what_is_no_page_is_told_with_what_would_be(tmp_path, monkeypatch, capsys, arguments, said):
    monkeypatch.chdir(tmp_path)
    if arguments != ["."]:
        (tmp_path / "page.txt").write_text("y_hat[i]", encoding="utf-8")
        (tmp_path / "bytes.tex").write_bytes(b"\xff\xfe\xff")
    with pytest.raises(SystemExit):
        proofread.main(arguments)
    assert said in capsys.readouterr().err

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


@pytest.mark.parametrize(
    "text",
    [
        "dtheta = y_hat - y\ndh = dtheta @ W2.T\ndz = dh * h * (1 - h)\ndx = dz @ W1.T",
        "∂J/∂x = δ_3 W_1ᵀ\nδ_3 = δ_2 ∘ σ'(z)\nδ_2 = δ_1 W_2ᵀ\nδ_1 = ŷ - y",  # from the end to the beginning
        "D(J, x)\na = (y_hat - y) @ W2.T\nb = a * h * (1 - h)\nD(J, x) = b @ W1.T",
    ],
)
def test_what_is_worked_out_beside_the_derivation_counts_where_it_is_used(text):
    assert get("2b_3.chain").check(text).state == "right"


@pytest.mark.parametrize(
    ("id", "text", "mistake"),
    [
        ("2b_1.symmetry", "σ(z) + σ(-z) = 1\n1 - σ(z) = σ(-z)", "too-few-steps"),  # the answer as a law
        ("2b_1.symmetry", "σ(z) + σ(-z) = 1/(1+e^{-z}) + 1/(1+e^z) = 1", "not-the-question"),
        ("2a_3.any_index", "∂J/∂θ_j = -∂/∂θ_j Σ_m y_m log ŷ_m = ŷ_j - y_j", "not-the-question"),
        ("2a_3.same_index", "ŷ_i - 1 = e^{θ_i}/Σ_j e^{θ_j} - 1\n∂J/∂θ_i = ∂/∂θ_i(LSE(θ) - θ_i)", "operator-left"),
        (
            "2b_3.chain",
            "D(J, x) = a\na = ((y_hat - y) @ W2.T * h * (1 - h)) @ W1.T",
            "too-few-steps",
        ),  # the answer by another name
        ("2b_3.chain", "dh = (y_hat - y) @ W2.T\nD(J, x)\n= dz @ W1.T", "operator-left"),
        (
            "2b_3.chain",
            "a = h * h\nb = a + h\nD(J, x)\n= ((y_hat - y) @ W2.T * h * (1 - h)) @ W1.T",
            "too-few-steps",
        ),  # not used
        ("2b_3.chain", "dh = dtheta @ W2\ndz = dh * h * (1 - h)\ndx = dz @ W1.T", "transpose"),
    ],
)
def test_what_is_not_worked_out_or_not_used_does_not_count(id, text, mistake):
    assert get(id).check(text).mistake == mistake


@pytest.mark.parametrize(
    ("id", "text", "mistake", "said"),
    [
        ("2b_3.chain", "D(J, x) = b @ W1.T\na = (y_hat - y) @ W2.T\nb = a * h", "sigma-for-sigma-prime", "Line 6: "),
        ("2b_3.chain", "a = (y_hat - y) @ W2.T * h\nD(J, x) = a @ W1.T", "sigma-for-sigma-prime", "Line 2: "),
        (
            "2b_3.chain",
            "a = (y_hat - y) @ W2\nb = a * h * (1 - h)\nD(J, x) = b @ W1.T",
            "does-not-multiply",
            "Line 2: ",
        ),
        ("2b_3.chain", "b = a @ W2.T * h * (1 - h)\nD(J, x) = b @ W1.T", "unknown-name", "Line 2: There is no `a`"),
        ("2b_1.identity", "u = 1 - exp(-z)\nD(1/u, z)\n= -1/u**2 * D(u, z)", "sign-of-a-term", "Line 2: "),
        (
            "2b_1.symmetry",
            "1 - σ(z) = σ(-z)\n⟺ 1 = σ(z) + σ(-z)\nσ(z) + σ(-z) = 1/(1+e^{-z}) + 1/(1+e^z) = (e^z - 1)/(1+e^z) = 1",
            "constant-sign",
            "Line 7: ",
        ),
        (
            "2b_3.chain",
            "g = (y_hat - y) @ W2.T\ng = g * h * (1 - h)\nD(J, x) = g @ W1.T",
            "name-twice",
            "Line 4: `g` has",
        ),
        ("2b_3.chain", "δ_{z,j} = h_i (1 - h_j)\nD(J, x) = δ_z W_1^T", "unbound-index", "Line 2: "),
        ("2b_3.chain", "g_h = (y_hat - y) @ W2\nD(J, x) = (g_h * h * (1 - h)) @ W1.T", "does-not-multiply", "Line 2: "),
        (
            "2b_1.identity",
            "f(u) = 1/u\nD(sigma(z), z) = f'(1 + exp(-z)) * (-exp(-z))",
            "syntax",
            "Line 4: Of `f'` it is",
        ),
        (
            "2a_3.other_index",
            "dy_hat_k = -y_hat[k] * y_hat[i]",
            None,
            "Line 2: This line is not equal to $\\frac{\\partial J}",
        ),
        # A row that is told by its entries has none to be picked here; cases told side by side are each looked at.
        (
            "2a_3.any_index",
            "δ_j := ∂J/∂ŷ_j = −y_j/ŷ_j\n∂J/∂θ_k = Σ_j δ_j ŷ_j (δ_ji − ŷ_i)",
            "wrong-index",
            "Line 5: ",
        ),
        (
            "2a_3.any_index",
            "∂log ŷ_j/∂θ_i = 1 + ŷ_i for j = i and −ŷ_i for j ≠ i\n∂J/∂θ_i = −Σ_j y_j ∂log ŷ_j/∂θ_i",
            "sign-of-a-term",
            "Line 2: ",
        ),
        (
            "2b_1.symmetry",
            "1 = σ(z) + σ(-z)\nσ(z) + σ(-z) = 1/(1+e^{-z}) - 1/(1+e^z) = 1",
            "sign-of-a-term",
            "Line 4: ",
        ),
        # What stands in a right line is right.
        ("2b_1.identity", "u = 1 + exp(-z)\nD(1/u, z)\n= -1/u**2 * D(u, z)\n= exp(-z)/u", "square-lost", "Line 5: "),
    ],
)
def test_a_slip_is_told_where_it_came_in_and_not_where_a_name_has_brought_it(id, text, mistake, said):
    verdict = get(id).check(text)
    assert verdict.mistake == mistake and verdict.message.startswith(said)
    assert "right again" not in verdict.message and "Line" not in verdict.message.removeprefix(said)


@pytest.mark.parametrize(
    ("id", "text", "name"),
    [
        ("2b_3.chain", "a = (y - y_hat) @ W2.T * h * (1 - h)\nD(J, x) = a @ W1.T", "lost-minus"),
        ("2b_3.chain", "a = y_hat\nD(J, x) = (a @ W2.T * h * (1 - h)) @ W1.T", "starts-from-p"),
        ("2b_3.chain", "a = h * h * z\nD(J, x[m]) = sum(W1[m, j] * a[j], j)", None),
        ("2b_3.chain", "a = 2 * (x @ W1)\nD(a, x) = W1.T", "ratio"),
        ("2b_1.identity", "a = 1 - exp(-z)\nD(a, z) = -exp(-z)", "lost-minus"),
        ("2a_3.other_index", "a = -log(y[k])\nD(a, theta[i]) = -1/y_hat[k] * D(y_hat[k], theta[i])", None),
    ],
)
def test_where_a_slip_may_be_in_a_line_or_in_what_a_name_means_both_places_are_told(id, text, name):
    verdict = get(id).check(text)
    assert verdict.message.startswith("Line 4: ") and "in what $a$ stands for" in verdict.message
    assert verdict.mistake == name


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

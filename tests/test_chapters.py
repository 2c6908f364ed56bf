"""What the chapters claim: derivations and what they are called, the numbers and shapes of questions and sheets, the
marks on the handwritten page, and the training. What a notebook prints of itself its stored output says."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
from matplotlib.mathtext import MathTextParser

from tests.pages import sections
from utils import reference as ref
from utils.bank.catalogue import RIGHT, WRONG, Reader
from utils.bank.markdown import split
from utils.exercises import BANK, Derivation, get
from utils.judge.algebra import lines_of

TESTS = Path(__file__).parent
RNG = np.random.default_rng


def cells(path):
    """The source of each cell of a notebook that is named like `solutions/3_3_training`, by its id."""
    notebook = json.loads((TESTS.parent / f"{path}.ipynb").read_text(encoding="utf-8"))
    return {cell["id"]: "".join(cell["source"]) for cell in notebook["cells"]}


# ---- derivations --------------------------------------------------------------------------------------------------


def derivations():
    """(exercise, name of the slip, its line, text) of each derivation that stands beside this file."""
    for exercise, blocks in sections("derivations.md").items():
        for heading, (items,) in split(blocks, "h3")[1:]:
            form = WRONG if heading.text == "With a slip" else RIGHT
            for found in Reader(TESTS, {}).derivations(heading.text, items, form, ""):
                yield exercise, *found


@pytest.mark.parametrize(("id", "slug", "line", "text"), list(derivations()))
def test_a_right_derivation_passes_however_it_goes_and_a_wrong_one_is_named_at_its_line(id, slug, line, text):
    for _ in range(3):
        verdict, reading = get(id).examine(text)
        slip = reading.first_slip
        found = verdict.state, verdict.mistake, slip and slip.number
        assert found == (("wrong", slug, line) if slug else ("right", None, None)), verdict


def test_the_counterexample_of_an_entry_shows_the_matrix_it_is_an_entry_of():
    inputs = get("2b_3.entry").check("D(theta[i], h[j])\n-W2[j, i]").detail.inputs
    assert list(inputs) == ["W2", "i", "j"] and inputs["i"] != inputs["j"]


# ---- what questions and sheets claim ------------------------------------------------------------------------------


def network(scale=1.0, N=6, D=4, H=5, K=3):
    rng = RNG(0)
    x, W1, b1, W2, b2 = (rng.normal(size=size) for size in ((N, D), (D, H), H, (H, K), K))
    return x, ref.one_hot(np.arange(N) % K, K), scale * W1, b1, scale * W2, b2


def test_no_text_answers_the_question_that_follows_it():
    assert "H^2" not in get("2b_3.vjp").notice
    assert not any("left to right" in hint for hint in get("2b_3.chain").hints)
    temperature = get("2a_3.temperature")
    assert "y_hat = softmax(theta / T)" in temperature.question
    assert all("y_hat" in label and "softmax" not in label for label in temperature.labels.values())


@pytest.mark.parametrize("id", ["3_1.forward_difference", "3_1.central_difference", "3_1.complex_step"])
def test_the_task_says_that_x_may_hold_integers(id):
    for folder in ("solutions", "notebooks"):
        sources = cells(f"{folder}/3_1_gradient_check").values()
        assert "integers" in next(source for source in sources if f'@exercise("{id}")' in source)


def test_half_the_step_leaves_a_quarter_of_the_error():
    errors = [ref.central_difference(lambda x: x**3, np.array(2.0), h) - 12 for h in (0.1, 0.05)]
    assert errors[0] / errors[1] == pytest.approx(4) and get("3_1.halving").right == "quarter"


def test_a_hundredfold_W1_all_but_stops_the_gradient_at_most_inputs():
    x, y, W1, *rest = network(N=500)
    before, after = (np.linalg.norm(ref.input_gradient(x, y, scale * W1, *rest), axis=1) for scale in (1, 100))
    assert np.median(after / before) < 1e-4
    assert np.max(after) > 10 * np.max(before)  # at an input where a unit is just switching


def test_the_shapes_of_the_sheet_are_those_of_a_network():
    sizes = {"N": 6, "D": 4, "H": 5, "K": 3}
    x, y, *parameters = network(**sizes)
    z, h, theta, y_hat = ref.forward(x, *parameters)
    arrays = dict(zip(("W1", "b1", "W2", "b2"), parameters, strict=True))
    arrays |= {"x": x, "z": z, "h": h, "theta": theta, "y_hat": y_hat, "J": ref.loss(x, y, *parameters)}
    arrays |= {"dJ/dtheta": y_hat - y, "dJ/dx": ref.input_gradient(x, y, *parameters)}
    arrays |= {"dJ/dW1": ref.parameter_gradients(x, y, *parameters).dW1}
    assert arrays.keys() == get("2b_2.shapes").solution.keys()
    for row in get("2b_2.shapes").rows:
        assert np.shape(arrays[row.slug]) == eval(row.right, sizes)


def test_the_middle_one_of_the_steps_gives_the_most_digits():
    x, *rest = network()
    right = ref.input_gradient(x, *rest)
    measured = (ref.forward_difference(lambda x: ref.loss(x, *rest), x, h) for h in (1e-2, 1e-8, 1e-15))
    large, middle, small = (ref.relative_error(numeric, right) for numeric in measured)
    assert middle < 1e-5 < 1e-3 < min(large, small) and get("3_1.best_step").right == "middle"


def test_with_tiny_weights_the_wrong_sign_passes_the_rule_with_a_floor():
    x, *rest = network(scale=1e-4)
    n, a = ref.central_difference(lambda x: ref.loss(x, *rest), x), -ref.input_gradient(x, *rest)
    assert np.max(np.abs(a - n) / np.maximum(1, np.maximum(np.abs(a), np.abs(n)))) < 1e-5
    assert ref.relative_error(a, n) > 1.9 and get("3_1.tiny_weights").right == "passes"


@pytest.mark.parametrize(("rows", "passing"), [(1, ["no-mean"]), (6, [])])
def test_of_the_four_wrong_gradients_only_that_without_the_mean_passes_for_one_row(rows, passing):
    formulas = {
        "sign": lambda t: (y - ref.softmax(t)) / len(t),
        "no-mean": lambda t: ref.softmax(t) - y,
        "double": lambda t: 2 * (ref.softmax(t) - y) / len(t),
        "diagonal": lambda t: -y * (1 - ref.softmax(t)) / len(t),
    }
    assert set(get("3_1.one_row").labels) == set(formulas)
    assert get("3_1.one_row").right == "no-mean"
    theta, y = RNG(0).normal(size=(rows, 3)), ref.one_hot(np.arange(rows) % 3, 3)
    found = [
        n for n, f in formulas.items() if ref.gradient_check(lambda t: ref.cross_entropy_from_logits(t, y), f, theta)
    ]
    assert found == passing


def test_each_wrong_network_breaks_just_the_fact_that_the_sheet_says():
    """They pass their own gradient check, which the notebook prints."""
    sources, names, facts = cells("solutions/3_1_gradient_check"), {}, {}
    for id in ("setup", "network", "networks"):
        exec(sources[id].partition("\nprint(")[0], names)
    theta = RNG(2).normal(0, 2, size=(6, 3))
    for called, (y_hat, J, _) in names["networks"].items():
        holds = {
            "positive": J(theta) >= 0,
            "rows": np.allclose(y_hat(theta).sum(axis=1), 1),
            "sure": y_hat(np.tile([20.0, 0, 0], (6, 1)))[0, 0] > 0.99,
        }
        facts[called] = [fact for fact, so in holds.items() if not so]
    rows = {row.label[2]: [row.right] for row in get("3_1.unmask").rows}  # as in "**A.** ..."
    assert facts == {"ours": [], **rows}


# ---- the handwritten page -----------------------------------------------------------------------------------------

REPAIRS = [e for e in BANK.values() if isinstance(e, Derivation) and e.given]
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
    slips = {number: mark for number, mark in (first | second).items() if mark != "right"}
    operators, signs = dict.fromkeys(("A2", "A3"), "operator"), dict.fromkeys(("A7", "A8", "A13"), "sign")
    assert slips == operators | signs | {"B8": "shape", "B10": "product"}


@pytest.mark.parametrize("id", MARKED)
def test_every_line_can_be_typeset_and_every_slip_is_explained_when_it_is_found(id):
    said = [*get(id).hints]
    for row in get(id).rows:
        said += [row.told, row.otherwise, *row.feedback.values()]
        assert row.told or row.right == "right", row.slug
        assert row.otherwise != "This does not fit here.", row.slug
        assert row.right == "right" or row.feedback["right"], "whoever overlooks a slip is shown where to look"
        for formula in re.findall(r"\$([^$]+)\$", row.label.replace(r"\displaystyle", "")):
            MathTextParser("path").parse(f"${formula}$")
    special = r"\\theta = \(0, 0\)|\\hat y_i = \\frac12"
    assert not [text for text in said if re.search(special, text)], "no number that is advised is a special one"


def test_what_is_said_of_the_mended_other_case_is_true_without_brackets():
    asked = get("3_2.repair_other_index")
    text = asked.given.replace("(\\theta_k - \\log", "(-\\theta_k + \\log")
    assert asked.check(text).state == "right" and "brackets" not in asked.notice


@pytest.mark.parametrize("asked", REPAIRS, ids=lambda e: e.id)
def test_the_reader_is_given_the_page_and_mends_it_where_it_stands(asked):
    """The mended page keeps every line that was right."""
    given, mended = (
        next(s for s in cells(f"{folder}/3_2_proofreading").values() if s.startswith(f"%%derivation {asked.id}\n"))
        for folder in ("notebooks", "solutions")
    )
    assert given.partition("\n")[2] + "\n" == asked.given
    verdict, reading = asked.examine(asked.given)
    assert verdict.state == "not attempted" and reading.first_slip, "marked, and no attempt yet"
    kept, text = {step.text for step in reading.steps if step.status == "right"}, mended.partition("\n")[2]
    assert kept <= set(lines_of(text)) and asked.check(text).state == "right"


# ---- the training -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def names():
    """What the cells of the chapter leave behind that make the network and train it."""
    found, sources = {"step": get("3_3.step").reference}, cells("solutions/3_3_training")
    for id in ("setup", "digits-numbers", "split-code", "network-code", "epoch-code", "accuracy-code"):
        exec(sources[id], found)
    return found


def train(names, seed=2, start=None):
    """The network after the notebook's own epochs."""
    network, rng = start or names["new_network"](), RNG(seed)
    for _ in range(60):
        network = names["one_epoch"](ref.parameter_gradients, names["x_train"], names["y_train"], network, 0.5, rng)
    return network


def test_training_and_test_images_have_none_in_common(names):
    assert sorted([*names["train"], *names["test"]]) == list(range(1797)) and len(names["test"]) == 297


def test_every_machine_gets_the_same_network_and_any_order_of_the_batches_as_good_a_one(names):
    trained, other = train(names), train(names, seed=11)
    assert names["accuracy"](names["x_test"], names["labels_test"], trained) > 0.97
    assert names["accuracy"](names["x_test"], names["labels_test"], other) > 0.96
    start = [w + 1e-14 * RNG(0).normal(size=w.shape) for w in names["new_network"]()]
    for one, same in zip(train(names, start=start), trained, strict=True):
        np.testing.assert_allclose(one, same, rtol=0, atol=1e-9, err_msg="rounding is amplified")
    x = names["x_test"][235]  # the 3 that the notebook shows
    pushed = get("3_3.push").reference(x, ref.input_gradient(x, ref.one_hot(8, 10), *trained), 0.2)
    assert ref.forward(x, *trained).y_hat[3] > 0.99 and ref.forward(pushed, *trained).y_hat[8] > 0.95


def test_no_change_that_is_as_small_as_a_push_lowers_a_plane_more():
    push = get("3_3.push").reference
    assert push(np.array([0.5, 0.5, 0.5, 0.9]), np.array([1, 0, -1, -1]), 0.25).tolist() == [0.25, 0.5, 0.75, 1.0]
    dx = RNG(1).normal(size=64)
    best = dx @ (push(np.full(64, 0.5), dx, 0.1) - 0.5)
    assert best == pytest.approx(-0.1 * np.abs(dx).sum())
    assert all(dx @ RNG(seed).uniform(-0.1, 0.1, 64) > best for seed in range(1000))

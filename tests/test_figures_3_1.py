"""The figures and the game of chapter 3_1: the V curve, the designer of test data, the bug hunt."""

import contextlib
import re
from itertools import pairwise

import numpy as np
import pytest

import utils.figures.test_data as designer
import utils.panels.bug_hunt as hunting
from utils.exercises import BANK, Mistake
from utils.figures.test_data import CLASSIC, COMPLEX_STEP, GRADIENTS, RELATIVE, outcomes
from utils.figures.v_curve import METHODS, PRECISIONS, STEPS, best_step, errors, single_precision_loss, v_curve_figure
from utils.panels.buttons import Buttons
from utils.panels.hunt import BUDGET, LINE_UP, PASSES, POINTS, PROBES, Hunt, Net, probes, suspects, take
from utils.reference import input_gradient, loss, relative_error


def twin(figure, **values):
    return figure.picture(figure.state(**values))["twin"]


# ---- The V curve


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize(("method", "power"), [("forward", 1 / 2), ("central", 2 / 3)])
def test_the_best_step_lies_within_a_decade_of_the_rule_and_the_least_error_near_its_power_of_eps(
    precision, method, power
):
    measured, expected = best_step(precision, method)
    assert 0.1 < measured / expected < 10
    least, eps = errors(precision)[method].min(), PRECISIONS[precision].eps
    assert 0.05 < least / eps**power < 20


def test_central_is_more_exact_than_forward_and_the_complex_step_than_both():
    for precision in PRECISIONS:
        forward, central, complex_ = (errors(precision)[name].min() for name in METHODS)
        assert complex_ < central / 10
        assert central < forward / 4


def test_the_complex_step_is_exact_to_the_last_digits_however_small_the_step():
    tiny = np.array(STEPS) < 1e-8
    assert errors("float64")["complex step"][tiny].max() < 1e-14
    assert errors("float32")["complex step"][tiny].max() < 1e-5


def test_differences_in_float32_never_get_below_a_millionth():
    assert min(errors("float32")[name].min() for name in ("forward", "central")) > 1e-6


@pytest.mark.parametrize(
    ("method", "low", "high", "slope"),
    [
        ("forward", 1e-6, 1e-2, 1),
        ("central", 1e-4, 1e-2, 2),
        ("complex step", 1e-6, 1e-2, 2),
        ("forward", 1e-13, 1e-9, -1),
        ("central", 1e-13, 1e-7, -1),
    ],
)
def test_the_branches_of_the_V_have_the_slopes_that_are_drawn(method, low, high, slope):
    steps = np.array(STEPS)
    branch = (steps >= low) & (steps <= high)
    fitted = np.polyfit(np.log(steps[branch]), np.log(errors("float64")[method][branch]), 1)[0]
    assert fitted == pytest.approx(slope, abs=0.05 if slope > 0 else 0.25)


def test_the_pass_in_float32_is_float32_from_end_to_end_and_the_same_function():
    rng = np.random.default_rng(0)
    x, W1, b1, W2, b2 = (rng.normal(size=size) for size in ((2, 4), (4, 5), 5, (5, 3), 3))
    network = x, np.eye(3)[[0, 2]], W1, b1, W2, b2
    assert single_precision_loss(*network).dtype == np.float32
    assert single_precision_loss(x.astype(complex), *network[1:]).dtype == np.complex64
    assert single_precision_loss(*network) == pytest.approx(loss(*network), rel=1e-5)


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("h", [1e-12, 1e-5, 1e-2])
def test_the_points_and_the_sentence_give_the_measured_errors(precision, h):
    figure = v_curve_figure()
    said = twin(figure, h=h, precision=precision)
    for name, measured in errors(precision).items():
        error = measured[STEPS.index(h)]
        assert figure.points[name].get_xdata()[0] == h
        assert figure.points[name].get_ydata()[0] == pytest.approx(error)
        assert f"{name} {error:.0e}, mostly" in said
    assert f"in {precision}" in said


def test_the_digits_that_the_two_losses_share_grow_as_the_step_shrinks():
    figure = v_curve_figure()
    shared = []
    for h in (1e-1, 1e-5, 1e-9, 1e-13):
        shared.append(int(re.search(r"the first (\d+) of 17 digits are the same", twin(figure, h=h))[1]))
        texts = [same.get_text() + left.get_text().strip() for same, left in zip(figure.same, figure.left, strict=True)]
        above, below = (float(text.partition("= ")[2]) for text in texts)
        assert abs(above - below) == pytest.approx(2 * h * abs(slope_of_the_moved_entry()), rel=0.1)
    assert shared == sorted(set(shared))
    assert "all 8 digits are the same" in twin(figure, h=1e-12, precision="float32")


def test_the_count_of_shared_digits_is_told_in_the_singular_too():
    figure = v_curve_figure()
    for precision, all_ in (("float64", 17), ("float32", 8)):
        assert f"only the first of {all_} digits is the same" in twin(figure, h=1.0, precision=precision)
        assert f"the first 2 of {all_} digits are the same" in twin(figure, h=0.1, precision=precision)


@pytest.mark.parametrize("precision", PRECISIONS)
def test_the_names_of_the_dashed_lines_lie_upon_no_curve(precision):
    figure = v_curve_figure()
    figure.update(figure.state(precision=precision))
    figure.figure.draw_without_rendering()
    for name, text in figure.names.items():
        box = text.get_window_extent()
        for line in (*figure.guides.values(), *figure.curves.values()):
            path = line.get_path().transformed(line.get_transform())
            assert not path.intersects_bbox(box, filled=False), (name, line)


def slope_of_the_moved_entry():
    from utils.figures.v_curve import _network

    return input_gradient(*_network())[0, 0]


# ---- The designer of test data

GOOD = {
    "gradient": "dJ/dx",
    "N": 6,
    "D": 4,
    "H": 5,
    "K": 3,
    "scale": 1.0,
    "labels": "soft",
    "biases": "N(0, 1)",
    "rule": RELATIVE,
}
WORST = GOOD | {"N": 1, "D": 3, "H": 3, "labels": "all equal", "biases": "zero", "scale": 1e-4, "rule": CLASSIC}


def survivors(**changed):
    _, wrong = outcomes(GOOD | changed)
    return {slug for slug, outcome in wrong.items() if outcome.passes}


@pytest.mark.parametrize("gradient", GRADIENTS)
def test_the_right_gradient_passes_with_good_data_and_next_to_no_wrong_one_does(gradient):
    right, wrong = outcomes(GOOD | {"gradient": gradient})
    assert right.passes
    assert len(survivors(gradient=gradient)) < 0.2 * len(wrong)


def test_careless_data_let_most_wrong_formulas_through_and_both_signs_among_them():
    right, wrong = outcomes(WORST)
    assert right.passes
    assert len(survivors(**WORST)) > 0.7 * len(wrong)
    assert {"sign", "no-prime", "w1-not-transposed"} <= survivors(**WORST)


def test_the_way_that_the_chapter_advises_lets_fewer_through_at_each_change_but_the_last():
    """Weights, rule, rows, biases, labels; then three different sizes, and one formula comes back."""
    design = designer.test_data_figure().state()
    changes = [{"scale": 1}, {"rule": RELATIVE}, {"N": 6}, {"biases": "N(0, 1)"}, {"labels": "soft"}, {"D": 4, "H": 5}]
    left = []
    for change in ({}, *changes):
        design |= change
        right, wrong = outcomes(design)
        assert right.passes
        left.append({slug for slug, outcome in wrong.items() if outcome.passes})
    assert all(after <= before for before, after in pairwise(left[:-1]))
    assert len(left[1]) < len(left[0]) / 2
    assert left[-1] - left[-2] == {"transposed-to-fit"} and left[-2] < left[-1]


TINY, EQUAL = {"scale": 1e-4, "rule": CLASSIC}, {"D": 4, "H": 4, "K": 4}


@pytest.mark.parametrize(
    ("gradients", "data", "worse", "hidden"),
    [
        (GRADIENTS, {}, {"N": 1}, {"no-1/N", "1/N-twice", "precedence"}),
        (["dJ/dθ", "dJ/dx"], {}, {"K": 6}, {"1/K"}),  # as many classes as rows
        (["dJ/dθ", "dJ/dx"], {}, {"labels": "different"}, {"hard-labels-only"}),
        (["dJ/dθ"], {"labels": "different"}, {"labels": "all equal"}, {"every-row-minus-one"}),
        (["dJ/dx"], {}, {"biases": "zero"}, {"forgot-b1", "forgot-b2"}),
        (["dJ/dx"], TINY, EQUAL, {"w1-not-transposed", "w2-not-transposed"}),
        (["dJ/dx"], EQUAL, GOOD, {"transposed-to-fit"}),
        (["dJ/dθ"], {"scale": 1000}, {"scale": 1}, {"overflow", "global-max"}),
    ],
)
def test_worse_data_hide_just_the_formulas_that_the_chapter_says(gradients, data, worse, hidden):
    for gradient in gradients:
        before, after = data | {"gradient": gradient}, data | worse | {"gradient": gradient}
        assert hidden <= survivors(**after) - survivors(**before)


def test_tiny_weights_hide_most_under_a_floor_raise_a_false_alarm_without_and_do_no_harm_to_the_complex_step():
    tiny = {rule: outcomes(GOOD | {"scale": 1e-4, "rule": rule}) for rule in (CLASSIC, RELATIVE, COMPLEX_STEP)}
    passing = {rule: sum(outcome.passes for outcome in wrong.values()) for rule, (_, wrong) in tiny.items()}
    assert [right.passes for right, _ in tiny.values()] == [True, False, True]
    assert passing[CLASSIC] > 0.5 * len(tiny[CLASSIC][1])
    assert passing[COMPLEX_STEP] == len(survivors())
    figure = designer.test_data_figure(**GOOD | {"scale": 1e-4})
    assert "FAILS, a false alarm" in twin(figure)


def test_of_several_formulas_of_one_name_the_one_with_the_smallest_error_speaks():
    equal = GOOD | {"D": 4, "H": 4, "K": 4}
    _, wrong = outcomes(equal)
    arguments = designer._arguments(equal)
    right = input_gradient(*arguments)
    for slug in ("w1-not-transposed", "w2-not-transposed"):
        errors = []
        for mistake in BANK["2b_3.input_gradient"].mistakes:
            with contextlib.suppress(ValueError):  # it stops, though others of its name do not
                if mistake.slug == slug:
                    errors.append(relative_error(mistake.formula(*arguments), right))
        assert wrong[slug].how == f"error {min(errors):.1g}"


def test_an_error_near_the_tolerance_is_told_to_two_digits():
    _, wrong = outcomes(WORST)
    how = wrong["forgot-w1"].how
    assert not wrong["forgot-w1"].passes and re.fullmatch(r"error 1\.\de-5", how)
    fits = r"error (\de-\d+|[\d.]+)|it stops|wrong shape|nan"
    assert all(re.fullmatch(fits, outcome.how) for slug, outcome in wrong.items() if slug != "forgot-w1")


def test_what_caught_a_formula_is_told():
    _, wrong = outcomes(GOOD)
    assert wrong["w2-not-transposed"].how == "it stops"
    assert wrong["summed-over-batch"].how == "wrong shape"
    assert wrong["sign"].how == "error 2"
    assert outcomes(GOOD | {"gradient": "dJ/dθ", "scale": 1000.0})[1]["overflow"].how == "nan"


@pytest.mark.parametrize("gradient", GRADIENTS)
def test_the_picture_holds_every_wrong_formula_of_the_bank_and_marks_the_survivors_by_hatch(gradient):
    figure = designer.test_data_figure(gradient=gradient)
    slugs = {m.slug for m in BANK[GRADIENTS[gradient].exercise].mistakes}
    marked = {
        name.get_text(): tile.get_hatch()
        for tile, name in zip(figure.tiles, figure.names, strict=True)
        if tile.get_visible()
    }
    assert marked.keys() == slugs
    passing = survivors(**WORST | {"gradient": gradient})
    assert {slug for slug, hatch in marked.items() if hatch} == passing
    assert figure.headline.get_text() == f"{len(passing)} of {len(slugs)} wrong formulas survive"


@pytest.mark.parametrize("gradient", GRADIENTS)
def test_a_formula_that_is_pressed_is_explained_by_what_is_written_and_by_the_banks_words(gradient):
    figure = designer.test_data_figure(gradient=gradient)
    told = {(m.slug, designer.plain(m.feedback)) for m in BANK[GRADIENTS[gradient].exercise].mistakes}
    for cell, entry in enumerate(designer.table(gradient)):
        figure.update(state := figure.state(formula=cell))
        said = figure.twin(state)
        for text in (figure.line, figure.told):
            box = text.get_window_extent()
            assert box.x1 < figure.figure.bbox.width and box.y0 > 0, entry
        assert entry.told in said and entry.line in said
        if entry.slug:
            assert entry.line and (entry.slug, entry.told.partition(": ")[2]) in told
            assert not re.search(r"[$\\\\]", entry.told)
    assert "Press a name" in figure.twin(figure.state(formula=len(figure.names) - 1))


def test_formulas_stand_below_the_line_that_they_spoil():
    heads, below = None, {}
    for entry in designer.table("dJ/dx"):
        heads = heads if entry.slug else entry.line
        below.setdefault(heads, []).append(entry.slug)
    assert "no-prime" in below["prime = h * (1 - h)"] and "forgot-b1" in below["z = x @ W1 + b1"]
    assert {"sign", "starts-from-p"} <= set(below["dtheta = (y_hat - y) / N"])


@pytest.mark.parametrize(
    ("markdown", "words"),
    [
        (r"$\frac{\partial J}{\partial\theta_i} = \hat y_i - y_i$", "∂J/∂θᵢ = ŷᵢ − yᵢ"),
        (r"$-y/\hat y = \partial J/\partial\hat y$", "−y/ŷ = ∂J/∂ŷ"),
        (
            r"Only $W_2^T$, not `x @ W2 * 2`; *never* $\sigma'(z) \cdot 1$.",
            "Only W2ᵀ, not x @ W2 * 2; never σ'(z) · 1.",
        ),
        (
            r"$\hat y = \mathrm{softmax}(\theta)$, $\theta = 0$, $H \neq K$, $e^{1000}$",
            "ŷ = softmax(θ), θ = 0, H ≠ K, e¹⁰⁰⁰",
        ),
        (r"$[\partial\theta/\partial h]_{ij} = W_{2,ji}$", "[∂θ/∂h]ᵢⱼ = W2,ⱼᵢ"),
    ],
)
def test_what_the_bank_says_is_told_without_the_signs_of_its_markup(markdown, words):
    assert designer.plain(markdown) == words


def test_a_mistake_that_is_new_in_the_bank_is_in_the_picture_at_once(monkeypatch):
    asked = BANK["2b_3.input_gradient"]
    new = Mistake("of-my-own", lambda x, y, W1, b1, W2, b2: 0 * x, "Zero.")
    monkeypatch.setattr(designer, "BANK", dict(BANK) | {asked.id: type(asked)(**vars(asked) | {"mistakes": [new]})})
    designer._outcomes.cache_clear()
    try:
        assert list(outcomes(GOOD)[1]) == ["of-my-own"]
        assert not outcomes(GOOD)[1]["of-my-own"].passes and outcomes(GOOD)[1]["of-my-own"].how == "error 1"
        assert outcomes(WORST)[1]["of-my-own"].passes
    finally:
        designer._outcomes.cache_clear()


def test_a_change_of_one_size_leaves_the_other_numbers_as_they_are():
    small, large = designer._arguments(GOOD), designer._arguments(GOOD | {"N": 8, "H": 6})
    np.testing.assert_array_equal(small[0], large[0][:6])
    np.testing.assert_array_equal(small[2], large[2][:, :5])


# ---- The bug hunt


def right(x, y, W1, b1, W2, b2):
    return input_gradient(x, y, W1, b1, W2, b2)


def net(seed=0):
    return Net.drawn(np.random.default_rng(seed), 6, 4, 5, 3)


def test_the_bugs_are_the_banks_own_formulas():
    formulas = {id(mistake.formula) for mistake in BANK["2b_3.input_gradient"].mistakes}
    assert all(id(suspect.formula) in formulas for suspect in suspects())
    assert len({suspect.slug for suspect in suspects()}) > 30


def test_no_two_suspects_have_the_same_findings_and_none_has_those_of_the_right_gradient():
    by_findings = {}
    for suspect in suspects():
        by_findings.setdefault(suspect.findings, set()).add(suspect.slug)
    assert all(len(slugs) == 1 for slugs in by_findings.values())
    assert tuple(take(probe, right, net()).finding for probe in PROBES) not in by_findings


@pytest.mark.parametrize("seed", range(1, 4))
def test_what_a_probe_finds_is_a_matter_of_the_formula_and_not_of_the_numbers_drawn(seed):
    for suspect in suspects():
        assert tuple(take(probe, suspect.formula, net(seed)).finding for probe in PROBES) == suspect.findings


def test_every_bug_of_every_hunt_can_be_named_within_the_budget():
    for seed in range(25):
        hunt = Hunt(seed)
        assert len({p.bug.slug for p in hunt.passes}) == PASSES >= 8
        for p in hunt.passes:
            assert len(set(p.line_up)) == LINE_UP and p.bug.slug in p.line_up
            assert p.consistent(PROBES) == [p.bug.slug]
            assert 1 <= len(p.shortest()) <= BUDGET
            assert p.consistent(p.shortest()) == [p.bug.slug]


def test_the_same_seed_is_the_same_hunt_and_another_is_another():
    def bugs(seed):
        return [(p.bug.slug, p.line_up) for p in Hunt(seed).passes]

    assert bugs(3) == bugs(3) != bugs(4)
    assert str(Hunt(3)) == str(Hunt(3)) and str(Hunt(3)).startswith("Bug hunt 3: 8 backward passes")


def test_on_the_right_gradient_every_probe_finds_what_it_calls_right():
    found = {probe: take(probe, right, net()) for probe in PROBES}
    assert found["shape"].finding == "fits" and found["square"].finding == "runs and agrees"
    assert found["one row"].finding == "1/6"
    assert (
        found["cosine"].finding == found["ratio"].finding == found["z = 0"].finding == found["other y"].finding == "1"
    )
    assert found["gradient check"].finding == "agrees"
    for probe in ("row sums", "y = ŷ", "sure", "all on", "all off"):
        assert found[probe].finding == "0", probe


@pytest.mark.parametrize(
    ("probe", "formula", "finding"),
    [
        ("cosine", lambda dx, *_: -dx, "−1"),
        ("ratio", lambda dx, *_: 6 * dx, "6"),
        ("ratio", lambda dx, *_: dx / 36, "1/36"),
        ("ratio", lambda dx, x, *_: dx * x, "none"),
        ("one row", lambda dx, x, *_: dx * np.atleast_2d(x).shape[0], "1"),
        ("shape", lambda dx, *_: dx.T, "x has shape (6, 4), dx has shape (4, 6)."),
        ("shape", lambda dx, x, y, W1, *_: dx @ W1.T, "It stops: `@` meets sizes 4 and 5, which should be the same."),
        ("gradient check", lambda dx, *_: dx + 0.1, "differs"),
        ("gradient check", lambda dx, *_: np.nan * dx, "What comes out holds a nan or an infinity."),
        ("all on", lambda dx, *_: dx + 0.1, "not 0"),
        ("z = 0", lambda dx, *_: 4 * dx, "4"),
        ("y = ŷ", lambda dx, *_: 2 * dx, "0"),
    ],
)
def test_a_probe_finds_what_was_done_to_the_gradient(probe, formula, finding):
    assert take(probe, lambda *arguments: formula(right(*arguments), *arguments), net()).finding == finding


def test_row_sums_are_read_off_from_outside():
    from utils.reference import forward, sigmoid_derivative

    def forgets_y(x, y, W1, b1, W2, b2):
        z, _, _, y_hat = forward(x, W1, b1, W2, b2)
        return (y_hat / len(x) @ W2.T * sigmoid_derivative(z)) @ W1.T

    assert take("row sums", forgets_y, net()).finding == "1/6"


def test_the_gradient_check_gives_the_error_and_the_place_where_it_is_worst():
    sentence = take("gradient check", lambda *a: right(*a) + np.eye(6, 4, 1), net()).sentence
    error = relative_error(right(*net()) + np.eye(6, 4, 1), right(*net()))
    assert f"{error:.2g}" in sentence and re.search(r"worst at row [012], entry [123]", sentence)


def test_a_call_that_changes_its_arguments_is_seen_and_does_no_harm():
    def spoils(x, y, W1, b1, W2, b2):
        x *= 2
        return right(x / 2, y, W1, b1, W2, b2)

    here = net()
    assert take("shape", spoils, here).finding == "changes x"
    np.testing.assert_array_equal(here.x, net().x)


def test_probes_and_false_accusations_cost_one_each_and_a_second_look_nothing():
    p = Hunt(0).passes[0]
    p.probe("shape")
    p.probe("shape")
    wrong = next(slug for slug in p.line_up if slug != p.bug.slug)
    said = p.accuse(wrong)
    assert p.left == BUDGET - 2 and p.state == "open" and said.startswith(f"Not `{wrong}`.")
    assert "would have read" in said
    said = p.accuse(p.bug.slug)
    assert p.state == "named" and p.points == POINTS - 2
    assert said.startswith(f"Named: `{p.bug.slug}`.") and said.endswith(p.bug.feedback)


def test_a_bug_named_at_sight_gets_all_the_points_and_is_called_a_guess():
    p = Hunt(0).passes[1]
    said = p.accuse(p.bug.slug)
    assert p.points == POINTS and f"a guess: {LINE_UP} of the line-up fit" in said


def test_a_spent_budget_allows_one_last_accusation_and_then_the_bug_escapes():
    p = Hunt(0).passes[2]
    for probe in list(PROBES)[:BUDGET]:
        p.probe(probe)
    with pytest.raises(ValueError, match="no probe is left"):
        p.probe(list(PROBES)[BUDGET])
    said = p.accuse(next(slug for slug in p.line_up if slug != p.bug.slug))
    assert p.state == "escaped" and p.points == 0 and f"`{p.bug.slug}` has escaped" in said
    with pytest.raises(ValueError, match="cannot be accused"):
        p.accuse(p.bug.slug)


def test_whoever_is_accused_against_ones_own_evidence_is_told_which_probe_speaks_for_them():
    p = next(p for seed in range(9) for p in Hunt(seed).passes if len(p.shortest()) == 1)
    (probe,) = p.shortest()
    p.probe(probe)
    other = next(slug for slug in p.line_up if slug != p.bug.slug)
    assert f"Your own probe speaks against it: *{probe}*" in p.accuse(other)


def test_probes_that_were_taken_are_named_before_others_that_would_have_done_as_well():
    p = next(p for seed in range(20) for p in Hunt(seed).passes if len(alone(p) & {"cosine", "ratio"}) == 2)
    p.probe("ratio")
    p.probe("z = 0")
    said = p.accuse(p.bug.slug)
    assert "You took 2 probes; *ratio* would have done." in said or "*z = 0* would have done." in said
    assert "*cosine*" not in said.partition(p.bug.feedback)[0]


def alone(p):
    return {name for name in PROBES if p.consistent([name]) == [p.bug.slug]}


@pytest.mark.parametrize("count", [1, 2])
def test_whoever_took_as_few_probes_as_can_be_is_not_told_of_others(count):
    p = next(p for seed in range(20) for p in Hunt(seed).passes if len(p.shortest()) == count)
    for probe in p.shortest():
        p.probe(probe)
    said = p.accuse(p.bug.slug)
    assert "would have done" not in said and "fewer would not do" in said


def test_a_guess_is_told_what_would_have_made_sure_also_after_a_probe():
    p = next(p for seed in range(20) for p in Hunt(seed).passes if len(p.consistent(["shape"])) > 1)
    p.probe("shape")
    said = p.accuse(p.bug.slug)
    assert f"a guess: {len(p.consistent(['shape']))} of the line-up fit" in said
    assert f"To be sure takes {' and '.join(f'*{name}*' for name in p.shortest())}." in said


def test_a_false_accusation_without_a_probe_says_nothing_of_your_probes():
    p = next(p for seed in range(20) for p in Hunt(seed).passes if len(p.consistent(["shape"])) > 2)
    first, second = [slug for slug in p.consistent(["shape"]) if slug != p.bug.slug][:2]
    said = p.accuse(first)
    assert "our probe" not in said and "would have read" in said
    p.probe("shape")
    assert "Your probes could not tell" in p.accuse(second)


def test_of_the_bug_the_text_of_the_formula_that_was_planted_is_told():
    passes = [p for seed in range(12) for p in Hunt(seed).passes]
    for p in passes:
        assert p.told(p.bug.slug) == p.bug.feedback
        for slug in p.line_up:
            assert p.told(slug) in {suspect.feedback for suspect in suspects() if suspect.slug == slug}
    first = {suspect.slug: suspect.feedback for suspect in reversed(suspects())}
    assert any(p.bug.feedback != first[p.bug.slug] for p in passes)


def test_what_stops_a_pass_is_told_in_whole_words():
    for suspect in suspects():
        for probe in PROBES:
            said = take(probe, suspect.formula, net()).sentence
            assert "(n?" not in said and "requir" not in said, (suspect.slug, probe)
    (said,) = {
        take("one row", suspect.formula, net()).sentence
        for suspect in suspects()
        if "single number" in take("one row", suspect.formula, net()).sentence
    }
    assert said == "Row 0 by itself: It stops: `@` meets a single number, which has nothing to sum over."


# ---- Its board


@pytest.fixture
def board():
    return hunting._Board(0)


def press(board, words):
    """Press the button with this label."""
    (found,) = [
        (buttons, name)
        for buttons in walk(board.whole)
        if isinstance(buttons, Buttons)
        for name, label in buttons.labels.items()
        if label.lstrip("✗✓ ") == words
    ]
    buttons, name = found
    buttons.press(name)


def off(buttons):
    return [option["name"] for option in buttons.spec["options"] if option["off"]]


def walk(widget):
    yield widget
    for child in getattr(widget, "children", ()):
        yield from walk(child)


def test_a_hunt_is_shown_as_a_widget_with_one_fixed_sentence_beside_it(monkeypatch):
    shown = []
    monkeypatch.setattr("utils.figures.page.display", lambda bundle, **_: shown.append(bundle))
    hunting.bug_hunt(5)
    hunting.bug_hunt(5)
    assert "application/vnd.jupyter.widget-view+json" in shown[0]
    assert shown[0]["text/plain"] == shown[1]["text/plain"] == str(Hunt(5))


def test_a_probe_that_is_pressed_shows_its_reading_and_stays_in_focus(board):
    press(board, "ratio")
    assert "ratio" not in off(board.probes) and board.probes.labels["ratio"] == "✓ ratio"
    reading = board.current.readings["ratio"].sentence
    assert reading in board.readings.value
    assert "●●●●○" in board.head.value


def test_a_whole_hunt_can_be_played_by_its_buttons(board):
    for i in range(PASSES):
        assert f"pass {i + 1} of {PASSES}" in board.head.value
        assert suspects_of(board) == list(board.current.line_up) and board.suspects.chosen is None
        for probe in board.current.shortest():
            press(board, probe)
        board.suspects.press(board.current.bug.slug)
        assert f"<code>{board.current.bug.slug}</code> is told" in board.about.value
        press(board, "Name it")
        assert "Named" in board.said.value and board.current.state == "named"
        if i < PASSES - 1:
            press(board, "Next pass")
    assert f"{PASSES} of {PASSES} named" in board.head.value
    par = sum(len(p.shortest()) for p in board.hunt.passes)
    assert f"you took {par} probes; to be sure takes {par}" in board.head.value
    press(board, "Next hunt")
    assert "Bug hunt 1" in board.head.value and "0 points" in board.head.value


def suspects_of(board):
    """The labels of the row, without the signs."""
    return [label.lstrip("✗✓ ") for label in board.suspects.labels.values()]


def test_at_the_end_only_the_probes_of_the_named_passes_are_counted(board):
    for i in range(PASSES):
        now = board.current
        if i == 0:
            for probe in now.shortest():
                press(board, probe)
            board.suspects.press(now.bug.slug)
            press(board, "Name it")
        else:
            press(board, "shape")
            for slug in [slug for slug in now.line_up if slug != now.bug.slug][:BUDGET]:
                board.suspects.press(slug)
                press(board, "Name it")
        if i < PASSES - 1:
            press(board, "Next pass")
    enough = len(board.hunt.passes[0].shortest())
    assert f"1 of {PASSES} named" in board.head.value
    assert f"you took {probes(enough)}; to be sure takes {enough}" in board.head.value


def test_a_hunt_with_nothing_named_says_nothing_of_probes(board):
    for i in range(PASSES):
        now = board.current
        for slug in [slug for slug in now.line_up if slug != now.bug.slug][: BUDGET + 1]:
            board.suspects.press(slug)
            press(board, "Name it")
        assert now.state == "escaped"
        if i < PASSES - 1:
            press(board, "Next pass")
    assert f"0 of {PASSES} named, 0 of" in board.head.value and "probe" not in board.head.value


def test_what_a_probe_does_stands_beside_it_in_words(board):
    assert {o["name"]: o["note"] for o in board.probes.spec["options"]} == {n: p.asks for n, p in PROBES.items()}


def test_the_row_marks_who_was_accused_and_who_was_named(board):
    wrong = next(slug for slug in board.current.line_up if slug != board.current.bug.slug)
    for slug, label in ((wrong, f"✗ {wrong}"), (board.current.bug.slug, f"✓ {board.current.bug.slug}")):
        board.suspects.press(slug)
        press(board, "Name it")
        assert board.suspects.labels[slug] == label and board.suspects.chosen is None
    marked = [label for label in board.suspects.labels.values() if label[0] in "✗✓"]
    assert len(marked) == 2
    press(board, "Next pass")
    assert [label for label in board.suspects.labels.values()] == list(board.current.line_up)


def test_a_closed_pass_says_what_became_of_it_and_not_what_is_left(board):
    assert "left for this pass" in board.head.value
    board.suspects.press(board.current.bug.slug)
    press(board, "Name it")
    assert "this pass: <strong>named</strong>" in board.head.value and "left" not in board.head.value


def test_code_in_a_reading_is_set_as_code(board):
    board.current.bug = next(suspect for suspect in suspects() if suspect.slug == "w1-not-transposed")
    press(board, "shape")
    assert "<code>@</code> meets sizes" in board.readings.value and "`" not in board.readings.value


def test_presses_out_of_turn_do_nothing_but_say_so(board):
    press(board, "Name it")
    assert "Press a suspect first" in board.said.value
    press(board, "Next pass")
    assert "name it first" in board.said.value and "pass 1 of" in board.head.value
    wrong = next(slug for slug in board.current.line_up if slug != board.current.bug.slug)
    for _ in range(2):
        board.suspects.press(wrong)
        press(board, "Name it")
    assert board.current.accused == [wrong]
    for probe in PROBES:
        board.probes.press(probe)
    assert board.current.left == 0 and len(board.current.readings) == BUDGET - 1

"""The walk over the bank: every mistake is rejected and called by its own name and by no other, every right way to
write an answer passes, and every exercise has all that a student is promised."""

import pickle
from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from utils.exercises import BANK, Choice, Derivation, Exercise, Sheet, get
from utils.judge.code.calls import call
from utils.reference import log_sum_exp, softmax

FUNCTIONS = [e for e in BANK.values() if isinstance(e, Exercise)]
CHOICES = [e for e in BANK.values() if isinstance(e, Choice)]
MISTAKES = [pytest.param(e, i, id=f"{e.id}-{m.slug}-{i}") for e in FUNCTIONS for i, m in enumerate(e.mistakes)]
ACCEPTS = [pytest.param(e, a, id=f"{e.id}-{i}") for e in FUNCTIONS for i, a in enumerate(e.accepts)]

# Inputs are fresh at each check, so a mistake that is told from another only by luck shows within a few.
DRAWS = 5


class Known:
    """A function of which is known already what it does on these cases."""

    def __init__(self, function, exercise, cases):
        self.function, self.results = function, len(exercise.returns)
        self.outcomes = {id(case): call(function, case, self.results) for case in cases}

    def __call__(self, *arguments):
        return self.function(*arguments)


@call.register
def _(known: Known, case, results=1):
    return known.outcomes.get(id(case)) or call(known.function, case, results)


def at_draws(exercise, _known={}):  # noqa: B006
    """An exercise at a few fixed draws, every formula of it called once on each case: n calls, not n times n. Known of
    one at a time, for mistakes are tried exercise by exercise."""
    if exercise is not _known.get("exercise"):
        _known.update(exercise=exercise, drawn=[_drawn(exercise, seed) for seed in range(DRAWS)])
    return _known["drawn"]


def _drawn(exercise, seed):
    cases = exercise.inputs(np.random.default_rng(seed))
    known = [replace(m, formula=Known(m.formula, exercise, cases)) for m in exercise.mistakes]
    return cases, replace(exercise, inputs=lambda rng: cases, mistakes=known)


@pytest.mark.parametrize(("exercise", "i"), MISTAKES)
def test_a_mistake_is_rejected_and_called_by_its_own_name_and_by_no_other(exercise, i):
    for cases, drawn in at_draws(exercise):
        mistake = drawn.mistakes[i]
        verdict = drawn.check(mistake.formula)
        assert verdict.state in ("wrong", "your code stopped"), verdict
        assert verdict.mistake == mistake.slug
        assert verdict.detail is not None
        outcomes = [mistake.formula.outcomes[id(case)][0] for case in cases]
        later = replace(drawn, mistakes=drawn.mistakes[i + 1 :])  # the check has asked those before it
        assert {found.slug for found in later.recognised(cases, outcomes)} <= {mistake.slug}


@pytest.mark.parametrize(("exercise", "accepted"), ACCEPTS)
def test_a_right_answer_written_differently_passes(exercise, accepted):
    for _ in range(DRAWS):
        verdict = exercise.check(accepted)
        assert verdict.state == "right", verdict


@pytest.mark.parametrize("exercise", FUNCTIONS, ids=lambda e: e.id)
def test_the_reference_is_right_even_with_rounding_noise(exercise):
    assert exercise.check(exercise.reference).state == "right"

    def noisy(*arguments):
        result = exercise.reference(*arguments)
        several = len(exercise.returns) > 1
        return tuple(part * (1 + 1e-12) for part in result) if several else np.asarray(result) * (1 + 1e-12)

    assert exercise.check(noisy).state == "right"


@pytest.mark.parametrize("exercise", FUNCTIONS, ids=lambda e: e.id)
def test_every_stub_is_not_attempted(exercise):
    names = ", ".join(exercise.inputs(np.random.default_rng(0))[0].arguments)
    for body in (
        "...",
        "pass",
        "return None",
        "return ...",
        "raise NotImplementedError()",
        '"""What to do."""\n    ...',
    ):
        namespace = {}
        exec(f"def stub({names}):\n    {body}", namespace)
        verdict = exercise.check(namespace["stub"])
        assert (verdict.state, verdict.mistake, verdict.detail) == ("not attempted", None, None), body


@pytest.mark.parametrize("exercise", FUNCTIONS, ids=lambda e: e.id)
def test_an_exercise_has_all_that_is_promised(exercise):
    assert len({m.slug for m in exercise.mistakes}) >= 4
    assert exercise.accepts
    tame = exercise.level == 1 or exercise.id == "2a_3.matrix_route"  # which divides by probabilities, on purpose
    assert any(case.extreme for case in exercise.inputs(np.random.default_rng(0))) or tame


@pytest.mark.parametrize("exercise", BANK.values(), ids=lambda e: e.id)
def test_what_is_said_is_a_sentence(exercise):
    """Whatever else a page has to hold, its reader asks for."""
    texts = [*exercise.hints, exercise.notice]
    if isinstance(exercise, Exercise):
        texts += [m.feedback for m in exercise.mistakes]
    elif isinstance(exercise, Derivation):
        texts += [trap.feedback for trap in exercise.traps]
    elif isinstance(exercise, Sheet):
        texts += [text for row in exercise.rows for text in (*row.feedback.values(), row.otherwise, row.told) if text]
    else:
        texts += [option.feedback for option in exercise.options if option.slug != exercise.right]
    assert len(set(exercise.hints)) == 3
    for text in texts:
        assert text.strip() and text[-1] in ".?)!" and "  " not in text, text


@pytest.mark.parametrize("exercise", FUNCTIONS, ids=lambda e: e.id)
def test_inputs_are_fresh_and_their_sizes_tell_axes_apart(exercise):
    first, second = (exercise.inputs(np.random.default_rng(seed)) for seed in (1, 2))
    assert any(not np.array_equal(a, b) for x, y in zip(first, second, strict=True) for a, b in _pairs(x, y))
    for case in first:
        for value in case.arguments.values():
            if np.ndim(value) == 2 and not case.extreme:
                assert value.shape[0] != value.shape[1]
    shapes = [[np.shape(value) for value in case.arguments.values() if np.ndim(value)] for case in first]
    assert not any(shapes) or any(shapes.count(shape) > 1 for shape in shapes)


@pytest.mark.parametrize("exercise", [e for e in FUNCTIONS if "N" in e.steps or e.level > 1], ids=lambda e: e.id)
def test_somewhere_two_sizes_are_equal_and_somewhere_there_are_two_classes(exercise):
    cases = exercise.inputs(np.random.default_rng(0))
    for name in {"theta", "y", "y_hat", "W2"} & cases[0].arguments.keys():
        shapes = [np.shape(case.arguments[name]) for case in cases]
        assert any(shape[-1] == 2 for shape in shapes)
        tables = [shape for shape in shapes if len(shape) == 2]
        assert not tables or any(rows == columns for rows, columns in tables)


@pytest.mark.parametrize("exercise", FUNCTIONS, ids=lambda e: e.id)
def test_inputs_can_be_handed_to_another_process(exercise):
    for case in exercise.inputs(np.random.default_rng(0)):
        there = pickle.loads(pickle.dumps(case))
        for value, copied in _pairs(case, there):
            assert callable(value) == callable(copied)
            assert callable(value) or np.array_equal(value, copied, equal_nan=True)


@pytest.mark.parametrize("exercise", [e for e in FUNCTIONS if e.laws], ids=lambda e: e.id)
def test_a_law_that_is_broken_is_told_in_the_same_words_whatever_was_drawn(exercise):
    draws = (exercise.inputs(np.random.default_rng(seed)) for seed in range(DRAWS))
    for cases, law in product(zip(*draws, strict=True), exercise.laws):
        arguments = [list(case.arguments.values()) for case in cases]
        said = {law(*given, 1.3 * np.asarray(exercise.reference(*given)) + 0.1) for given in arguments}
        assert len(said - {None}) <= 1


@pytest.mark.parametrize("exercise", CHOICES, ids=lambda e: e.id)
def test_every_choice_has_one_right_answer_and_tells_the_others_why(exercise):
    slugs = [option.slug for option in exercise.options]
    assert len(set(slugs)) == len(slugs) >= 3
    for option in exercise.options:
        verdict = exercise.check(option.slug)
        if option.slug == exercise.right:
            assert (verdict.state, verdict.message) == ("right", exercise.notice)
        else:
            assert (verdict.state, verdict.mistake, verdict.message) == ("wrong", option.slug, option.feedback)
    assert exercise.check(...).state == exercise.check(None).state == "not attempted"
    unknown = exercise.check("perhaps")
    assert unknown.state == "wrong" and all(slug in unknown.message for slug in slugs)


def test_sum_for_mean_is_told_by_its_factor():
    verdict = get("2a_3.gradient").check(lambda theta, y: softmax(theta) - y)
    assert verdict.mistake == "no-1/N" and "factor $N$" in verdict.message


@pytest.mark.parametrize("slug", ["forgot-y", "every-row-minus-one", "stopped-early", "wrong-axis", "one-total"])
def test_a_slip_in_the_gradient_keeps_its_name_where_the_mean_is_forgotten_too(slug):
    exercise = get("2a_3.gradient")
    mistake = next(m for m in exercise.mistakes if m.slug == slug)
    verdict = exercise.check(lambda theta, y: mistake.formula(theta, y) * len(theta))
    assert verdict.mistake == slug and verdict.message.endswith("the $1/N$ is missing, too.)")


@pytest.mark.parametrize("id", ["2a_2.cross_entropy", "2a_2.from_logits", "2a_3.matrix_route", "2a_3.gradient"])
def test_a_slip_that_shows_with_soft_targets_only_is_shown_on_an_input_for_paper(id):
    exercise = get(id)
    names = list(exercise.inputs(np.random.default_rng(0))[0].arguments)

    def with_rounded_targets(*arguments):
        given = dict(zip(names, arguments, strict=True))
        given["y"] = np.eye(given["y"].shape[-1])[np.argmax(given["y"], axis=-1)]
        return exercise.reference(*given.values())

    for seed in range(DRAWS):
        verdict = exercise.check(with_rounded_targets, np.random.default_rng(seed))
        y = verdict.detail.inputs["y"]
        assert y.size <= 6 and np.any((y > 0) & (y < 1))


def _first_only(theta):
    for value in theta:
        return np.exp(value) / np.sum(np.exp(theta))


def _one_off(p, mask):
    p[mask] -= 1
    return p


def _written_into(y, labels):
    y[np.arange(len(labels)), labels] = 1
    return y


def _one_row_again_and_again(labels, K):
    row, out = np.zeros(K), []
    for label in labels:
        row[label] = 1
        out.append(row)
    return np.array(out)


@pytest.mark.parametrize(
    ("id", "slug", "answer"),
    [
        ("2a_1.one_row", "returned-too-early", _first_only),
        ("2a_1.one_row", "batch-only", lambda theta: np.exp(theta - theta.max(axis=1, keepdims=True))),
        ("2a_1.softmax", "batch-only", lambda theta: np.exp(theta) / np.exp(theta).sum(axis=-1)[:, np.newaxis]),
        ("2a_2.surprise", "no-log", lambda y_hat, k: float(y_hat[k])),
        ("2a_2.cross_entropy", "hard-labels-only", lambda y, y_hat: np.mean(-np.log(y_hat)[y == 1])),
        ("2a_2.cross_entropy", "swapped", lambda y, y_hat: -np.sum(y_hat * np.log(y))),
        ("2a_2.from_logits", "hard-labels-only", lambda theta, y: np.mean(log_sum_exp(theta) - theta[y == 1])),
        ("2a_2.from_logits", "swapped", lambda theta, y: -np.sum(softmax(theta) * np.log(y), axis=-1).mean()),
        ("2a_3.gradient", "hard-labels-only", lambda theta, y: _one_off(softmax(theta), y == 1) / len(theta)),
        ("2a_3.gradient", "hard-labels-only", lambda theta, y: _one_off(softmax(theta), y == 1)),
        ("2a_3.gradient", "hard-labels-only", lambda theta, y: _one_off(softmax(theta), y > 0) / len(theta)),
        ("00.one_hot", "every-row", _one_row_again_and_again),
        ("00.one_hot", "fixed-K", lambda labels, K: np.eye(4)[labels]),
        ("00.one_hot", "fixed-K", lambda labels, K: _written_into(np.zeros((len(labels), 4)), labels)),
    ],
)
def test_a_slip_has_its_name_however_it_is_written(id, slug, answer):
    for seed in range(DRAWS):
        assert get(id).check(answer, np.random.default_rng(seed)).mistake == slug


@pytest.mark.parametrize(
    "answer",
    [
        lambda y_hat, k: -np.log(y_hat[k + 1]),
        lambda y_hat, k: -np.log(y_hat[2]),
        lambda y_hat, k: -np.log(y_hat[-1]),
        lambda y_hat, k: -np.log(np.argmax(y_hat) / len(y_hat)),
    ],
)
def test_a_slip_of_the_index_is_told_alike_at_every_run(answer):
    verdicts = (get("2a_2.surprise").check(answer, np.random.default_rng(seed)) for seed in range(4 * DRAWS))
    assert len({(v.state, v.mistake, v.message, str(v.detail)) for v in verdicts}) == 1


def test_feedback_on_one_hot_rows_is_true_of_every_way_to_the_same_ones():
    check = get("00.one_hot").check
    assert "the same row" in check(_one_row_again_and_again).message.replace("*", "")
    assert "last column" in check(lambda labels, K: np.eye(K)[labels - 1]).message  # of the wrapped label 0


def test_the_question_about_a_temperature_names_y_hat_and_all_answers_are_written_with_it():
    exercise = get("2a_3.temperature")
    assert "y_hat = softmax(theta / T)" in exercise.question
    assert all("y_hat" in option.label and "softmax" not in option.label for option in exercise.options)


def test_the_answer_without_the_jacobian_is_told_that_it_was_not_looked_for():
    verdict = get("2a_3.matrix_route").check(lambda theta, y: softmax(theta) - y)
    assert verdict.state == "right" and "passes here too" in verdict.message


def test_an_unknown_id_is_answered_with_the_nearest_ones():
    with pytest.raises(ValueError, match=r"no exercise '2a_1\.sofmax'.*'2a_1\.softmax'"):
        get("2a_1.sofmax")


def _pairs(x, y):
    return zip(x.arguments.values(), y.arguments.values(), strict=True)

"""Chapter 3_3, as its master notebook has it: the gradients of the parameters, the training, the pushed digits.

The notebook's own cells are run here, so that what is asserted is what the reader does.
"""

import json
from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest

from utils.exercises import get
from utils.reference import (
    complex_step,
    forward,
    gradient_check,
    input_gradient,
    loss,
    one_hot,
    parameter_gradients,
    relative_error,
)

MASTER = Path(__file__).parents[1] / "solutions" / "3_3_training.ipynb"
GRADIENTS, STEP, PUSH = (get(f"3_3.{name}") for name in ("parameter_gradients", "step", "push"))


@lru_cache
def chapter():
    """The names that the cells of the chapter leave behind, up to the trained network. Leave them as they are."""
    names = {}
    for cell in json.loads(MASTER.read_text(encoding="utf-8"))["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] == "code" and not source.startswith(("%%", "predict(")) and "show(" not in source:
            exec(source, names)
        if cell["id"] == "train-loop":
            return names


@pytest.fixture
def trained():
    return chapter()["parameters"]


@pytest.fixture
def threes():
    """Test images of a 3 that the network recognises."""
    names = chapter()
    seen = forward(names["x_test"], *names["parameters"]).y_hat.argmax(axis=1)
    return names["x_test"][(names["labels_test"] == 3) & (seen == 3)]


def after_training(gradients=parameter_gradients, epochs=60, rate=0.5, seed=2, rows=None, start=None):
    """The network after the notebook's own epochs."""
    names, rng = chapter(), np.random.default_rng(seed)
    x, y = (names["x_train"], names["y_train"]) if rows is None else rows
    network = start or names["new_network"]()
    for _ in range(epochs):
        network = names["one_epoch"](gradients, x, y, network, rate, rng)
    return network


def recognised(network):
    names = chapter()
    return names["accuracy"](names["x_test"], names["labels_test"], network)


def seen_as(images, network):
    return forward(images, *network).y_hat.argmax(axis=1)


# ---- The exercises


def test_a_line_that_stops_on_a_single_row_is_shown_and_explained():
    def for_batches(x, y, W1, b1, W2, b2):
        _, h, _, y_hat = forward(x, W1, b1, W2, b2)
        dtheta = (y_hat - y) / len(x)
        dW2 = h.T @ dtheta
        dz = dtheta @ W2.T * h * (1 - h)
        return x.T @ dz, dz.sum(axis=0), dW2, dtheta.sum(axis=0)

    verdict = GRADIENTS.check(for_batches)
    assert (verdict.state, verdict.mistake) == ("your code stopped", "one-dimensional")
    assert "batch of one" in verdict.message and "dW2 = h.T @ dtheta" in str(verdict.detail)


def test_the_answer_of_the_notebook_is_right_for_every_exercise():
    names = chapter()
    assert names["parameter_gradients"] is not GRADIENTS.reference  # which stands in for a wrong answer
    assert names["step"] is not STEP.reference


def test_a_push_stays_within_epsilon_and_within_the_range_of_ink():
    rng = np.random.default_rng(0)
    x, dx = rng.uniform(size=(50, 64)), rng.normal(size=(50, 64))
    pushed = PUSH.reference(x, dx, 0.3)
    assert pushed.min() >= 0 and pushed.max() <= 1
    assert np.abs(pushed - x).max() <= 0.3 + 1e-15


def test_a_pixel_whose_derivative_is_0_stays():
    x, dx = np.array([0.5, 0.5, 0.5]), np.array([1.0, 0.0, -1.0])
    assert PUSH.reference(x, dx, 0.25).tolist() == [0.25, 0.5, 0.75]
    verdict = PUSH.check(lambda x, dx, epsilon: np.clip(x - epsilon * dx / np.abs(dx), 0, 1))
    assert (verdict.state, verdict.mistake) == ("wrong", "zero-over-zero")


def test_no_change_that_is_as_small_lowers_a_plane_more():
    rng = np.random.default_rng(1)
    x, dx = np.full(64, 0.5), rng.normal(size=64)
    best = dx @ (PUSH.reference(x, dx, 0.1) - x)
    assert best == pytest.approx(-0.1 * np.abs(dx).sum())
    assert all(dx @ rng.uniform(-0.1, 0.1, 64) > best for _ in range(1000))


# ---- The training


def test_the_first_loss_is_near_that_of_knowing_nothing():
    names = chapter()
    assert loss(names["x_train"], names["y_train"], *names["new_network"]()) == pytest.approx(np.log(10), abs=0.4)


def test_training_and_test_images_have_none_in_common():
    names = chapter()
    assert sorted([*names["train"], *names["test"]]) == list(range(1797))
    assert len(names["test"]) == 297


def test_over_95_percent_of_the_test_images_are_recognised(trained):
    assert recognised(trained) > 0.97  # 0.987; the notebook says 0.95
    assert chapter()["curve"].rows[-1][2] == recognised(trained)


def test_the_loss_falls():
    train_losses = [row[0] for row in chapter()["curve"].rows]
    assert len(train_losses) == 60
    assert np.log(10) > train_losses[0] > 10 * train_losses[-1]
    assert train_losses[-1] < 0.05


@pytest.mark.parametrize("seed", [11, 12, 13])
def test_it_does_so_whatever_the_order_of_the_batches(seed):
    assert recognised(after_training(epochs=40, seed=seed)) > 0.96


def test_rounding_is_not_amplified_so_every_machine_gets_the_same_network(trained):
    rng = np.random.default_rng(0)
    start = [w + 1e-14 * rng.normal(size=w.shape) for w in chapter()["new_network"]()]
    for other, own in zip(after_training(start=start), trained, strict=True):
        np.testing.assert_allclose(other, own, rtol=0, atol=1e-9)


def test_hands_that_were_never_seen_are_harder(trained):
    names = chapter()
    images, labels = names["images"], names["labels"]
    network = after_training(rows=(images[:1500], one_hot(labels[:1500], 10)))
    assert names["accuracy"](images[1500:], labels[1500:], network) < recognised(trained) - 0.04


def test_too_large_a_rate_saturates_the_hidden_units_and_leaves_the_network_bad():
    names = chapter()
    network = after_training(epochs=10, rate=100)
    h = forward(names["x_train"], *network).h
    assert loss(names["x_train"], names["y_train"], *network) > 30
    assert np.mean(h * (1 - h)) < 1e-3
    assert recognised(network) < 0.4


# ---- The network trained is the one derived


def test_the_gradients_agree_with_the_complex_step_on_real_images(trained):
    names = chapter()
    rows = names["test"][:20]
    x, y = names["images"][rows], one_hot(names["labels"][rows], 10)
    assert names["agreements"](names["parameter_gradients"], x, y, trained) == [True] * 4
    dW1 = parameter_gradients(x, y, *trained).dW1
    numeric = complex_step(lambda W1: loss(x, y, W1, *trained[1:]), trained[0])
    assert relative_error(dW1, numeric) < 1e-12


@pytest.mark.parametrize("slug", ["no-prime", "z-for-h", "summed-over-everything"])
def test_a_wrong_gradient_trains_well_and_does_not_pass_the_check(slug):
    names = chapter()
    wrong = next(mistake.formula for mistake in GRADIENTS.mistakes if mistake.slug == slug)
    network = after_training(wrong, epochs=20)
    rows = names["test"][:20]
    assert recognised(network) > 0.955
    assert not all(names["agreements"](wrong, names["images"][rows], one_hot(names["labels"][rows], 10), network))


# ---- Pushed digits


def test_the_gradient_of_the_input_agrees_with_the_complex_step_on_a_real_image(trained):
    x, eight = chapter()["x_test"][235], one_hot(8, 10)
    check = gradient_check(
        lambda x: loss(x, eight, *trained),
        lambda x: input_gradient(x, eight, *trained),
        x,
        derivative=complex_step,
        tolerance=1e-12,
    )
    assert check, str(check)


def test_the_3_that_the_notebook_shows_is_turned_into_an_8_by_one_step(trained):
    names = chapter()
    x, eight = names["x_test"][235], one_hot(8, 10)
    assert names["labels_test"][235] == 3
    assert forward(x, *trained).y_hat[3] > 0.99
    pushed = PUSH.reference(x, input_gradient(x, eight, *trained), 0.2)
    assert forward(pushed, *trained).y_hat[8] > 0.95


def test_a_push_of_a_quarter_turns_most_threes_into_eights_and_noise_of_that_size_does_not(trained, threes):
    eights = np.tile(one_hot(8, 10), (len(threes), 1))
    pushed = PUSH.reference(threes, input_gradient(threes, eights, *trained), 0.25)
    noisy = np.clip(threes + np.random.default_rng(3).choice([-0.25, 0.25], threes.shape), 0, 1)
    assert np.mean(seen_as(pushed, trained) == 8) > 0.65
    assert np.mean(seen_as(noisy, trained) == 8) < 0.25


def test_the_effect_of_a_small_push_is_foretold_by_the_gradient(trained):
    x, eight = chapter()["x_test"][235], one_hot(8, 10)
    dx = input_gradient(x, eight, *trained)
    happened = loss(x - 1e-4 * np.sign(dx), eight, *trained) - loss(x, eight, *trained)
    assert happened == pytest.approx(-1e-4 * np.abs(dx).sum(), rel=0.01)

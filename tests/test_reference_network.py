"""The network with one hidden layer: forward, loss, and the gradients with respect to the input and the parameters."""

import math

import autograd
import autograd.numpy as anp
import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from tests.refusal import refusal
from utils.reference import (
    central_difference,
    complex_step,
    cross_entropy,
    forward,
    input_gradient,
    loss,
    one_hot,
    parameter_gradients,
    relative_error,
)

# What NumPy warns of. Not everything: what another file left behind may be collected, and warned of, while these run.
pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning", "error::DeprecationWarning")

# Relative to the largest entry, as relative_error measures.
ROUNDING = 1e-14  # some hundred roundings in the products of the chain, at eps = 2.2e-16 each, with cancellation
CENTRAL_DIFFERENCE = 1e-7  # h^2 from cutting off and eps / h from rounding, for h = 1e-5 and gradients down to 1e-3

# Pairwise different, so that a missing transpose or a mean over the wrong axis cannot fit.
N, D, H, K = 6, 4, 5, 3
PARAMETERS = ["W1", "b1", "W2", "b2"]
by_property = settings(deadline=None, derandomize=True)


def network(N, D, H, K, seed=3, scale=1.0, soft=False):
    """x, y, W1, b1, W2, b2 with biases other than zero."""
    rng = np.random.default_rng(seed)
    x, W1, b1, W2, b2 = (scale * rng.normal(size=shape) for shape in [(N, D), (D, H), (H,), (H, K), (K,)])
    y = rng.dirichlet(np.ones(K), size=N) if soft else one_hot(rng.integers(K, size=N), K)
    return x, y, W1, b1, W2, b2


networks = st.builds(
    network,
    *[st.integers(1, 6)] * 4,
    seed=st.integers(0, 999),
    scale=st.sampled_from([1e-3, 1.0, 5.0]),
    soft=st.booleans(),
)


@pytest.fixture(params=[False, True], ids=["one-hot", "soft"])
def arguments(request):
    return network(N, D, H, K, soft=request.param)


def with_parameter(arguments, name, value):
    """The arguments of loss with one of them replaced."""
    return [value if n == name else a for n, a in zip(["x", "y", *PARAMETERS], arguments, strict=True)]


# Forward and loss


def test_forward_is_what_the_sums_say_entry_by_entry(arguments):
    x, _, W1, b1, W2, b2 = arguments
    z, h, theta, y_hat = forward(x, W1, b1, W2, b2)
    for n in range(N):
        z_n = [math.fsum(x[n, d] * W1[d, j] for d in range(D)) + b1[j] for j in range(H)]
        h_n = [1 / (1 + math.exp(-value)) for value in z_n]
        theta_n = [math.fsum(h_n[j] * W2[j, k] for j in range(H)) + b2[k] for k in range(K)]
        y_hat_n = [math.exp(t) / math.fsum(map(math.exp, theta_n)) for t in theta_n]
        for ours, expected in [(z, z_n), (h, h_n), (theta, theta_n), (y_hat, y_hat_n)]:
            assert_allclose(ours[n], expected, rtol=ROUNDING, atol=ROUNDING)


def test_forward_names_what_it_returns(arguments):
    x, _, *parameters = arguments
    result = forward(x, *parameters)
    assert result._fields == ("z", "h", "theta", "y_hat")
    assert [value.shape for value in result] == [(N, H), (N, H), (N, K), (N, K)]
    assert [value.shape for value in forward(x[0], *parameters)] == [(H,), (H,), (K,), (K,)]


def test_the_loss_is_the_cross_entropy_of_the_prediction(arguments):
    x, y, *parameters = arguments
    assert loss(x, y, *parameters) == pytest.approx(cross_entropy(y, forward(x, *parameters).y_hat), rel=ROUNDING)
    assert type(loss(x, y, *parameters)) is float


def test_with_weights_of_zero_the_loss_is_log_K(arguments):
    x, y, W1, b1, W2, b2 = arguments
    assert loss(x, y, W1, b1, 0 * W2, 0 * b2) == pytest.approx(np.log(K), rel=ROUNDING)


@by_property
@given(networks)
def test_the_loss_of_a_batch_is_the_mean_of_the_losses_of_its_rows(arguments):
    x, y, *parameters = arguments
    singles = [loss(*row, *parameters) for row in zip(x, y, strict=True)]
    # A batch is summed in another order than a row, and large logits leave fewer digits for their differences.
    assert loss(x, y, *parameters) == pytest.approx(np.mean(singles), rel=1e-10, abs=1e-10)


# The gradients, by other ways


@by_property
@given(networks)
def test_the_input_gradient_is_the_complex_step_of_the_loss(arguments):
    by_complex_step = complex_step(lambda x: loss(x, *arguments[1:]), arguments[0])
    # With few classes and a small scale the entries cancel to nothing: compare with what they were made of.
    size = np.abs(arguments[2]).max() * np.abs(arguments[4]).max()
    assert_allclose(input_gradient(*arguments), by_complex_step, rtol=0, atol=ROUNDING * size)


@by_property
@given(networks, st.sampled_from(PARAMETERS))
def test_each_parameter_gradient_is_the_complex_step_of_the_loss(arguments, name):
    value = dict(zip(PARAMETERS, arguments[2:], strict=True))[name]
    by_complex_step = complex_step(lambda v: loss(*with_parameter(arguments, name, v)), value)
    gradient = getattr(parameter_gradients(*arguments), f"d{name}")
    size = max(1, *(np.abs(a).max() for a in arguments))
    assert_allclose(gradient, by_complex_step, rtol=0, atol=ROUNDING * size**2)


def test_the_input_gradient_agrees_with_central_differences(arguments):
    x, *others = arguments
    by_difference = central_difference(lambda x: loss(x, *others), x)
    assert relative_error(input_gradient(*arguments), by_difference) < CENTRAL_DIFFERENCE


def test_all_gradients_are_what_autograd_finds(arguments):
    def autodiff_loss(x, y, W1, b1, W2, b2):
        theta = anp.dot(1 / (1 + anp.exp(-(anp.dot(x, W1) + b1))), W2) + b2
        return anp.mean(anp.log(anp.sum(anp.exp(theta), axis=-1)) - anp.sum(y * theta, axis=-1))

    ours = [input_gradient(*arguments), *parameter_gradients(*arguments)]
    theirs = autograd.grad(autodiff_loss, argnum=(0, 2, 3, 4, 5))(*arguments)
    for our, their in zip(ours, theirs, strict=True):
        assert relative_error(our, their) < ROUNDING


def test_the_input_gradient_has_its_digits_by_differences_at_fifty_digits():
    x, y, W1, b1, W2, b2 = network(2, D, H, K)

    def exact_loss(*x_n, n):
        z = [mpmath.fdot(x_n, column) + b for column, b in zip(W1.T, b1, strict=True)]
        h = [1 / (1 + mpmath.exp(-value)) for value in z]
        theta = [mpmath.fdot(h, column) + b for column, b in zip(W2.T, b2, strict=True)]
        log_sum = mpmath.log(mpmath.fsum(map(mpmath.exp, theta)))
        return (log_sum - mpmath.fdot(map(float, y[n]), theta)) / 2

    with mpmath.workdps(50):
        exact = [
            [
                float(mpmath.diff(lambda *v, n=n: exact_loss(*v, n=n), tuple(x[n]), unit))
                for unit in np.eye(D, dtype=int)
            ]
            for n in range(2)
        ]
    assert relative_error(input_gradient(x, y, W1, b1, W2, b2), exact) < ROUNDING


# Shapes, batches, extremes


def test_each_gradient_has_the_shape_of_what_it_belongs_to(arguments):
    x, y, *parameters = arguments
    assert input_gradient(*arguments).shape == x.shape
    assert input_gradient(x[0], y[0], *parameters).shape == (D,)
    for gradients in (parameter_gradients(*arguments), parameter_gradients(x[0], y[0], *parameters)):
        assert gradients._fields == ("dW1", "db1", "dW2", "db2")
        assert [g.shape for g in gradients] == [p.shape for p in parameters]


@by_property
@given(networks)
def test_a_row_of_the_input_gradient_is_that_of_the_row_alone_over_N(arguments):
    x, y, *parameters = arguments
    singles = [input_gradient(*row, *parameters) for row in zip(x, y, strict=True)]
    assert_allclose(input_gradient(*arguments), np.array(singles) / len(x), rtol=ROUNDING, atol=ROUNDING)


@by_property
@given(networks)
def test_parameter_gradients_of_a_batch_are_the_means_of_those_of_its_rows(arguments):
    x, y, *parameters = arguments
    singles = [parameter_gradients(*row, *parameters) for row in zip(x, y, strict=True)]
    for ours, rows in zip(parameter_gradients(*arguments), zip(*singles, strict=True), strict=True):
        assert_allclose(ours, np.mean(rows, axis=0), rtol=ROUNDING, atol=ROUNDING)


@by_property
@given(networks)
def test_the_gradients_of_the_output_layer_sum_to_zero_over_the_classes(arguments):
    gradients = parameter_gradients(*arguments)
    assert_allclose(gradients.dW2.sum(axis=-1), 0, atol=ROUNDING)
    assert_allclose(gradients.db2.sum(), 0, atol=ROUNDING)


def test_logits_of_ten_thousand_are_harmless(arguments):
    x, y, W1, b1, W2, b2 = arguments
    W2 = W2 * 1e4
    assert np.abs(forward(x, W1, b1, W2, b2).theta).max() > 1e4
    assert 0 <= loss(x, y, W1, b1, W2, b2) < np.inf
    by_complex_step = complex_step(lambda x: loss(x, y, W1, b1, W2, b2), x)
    assert relative_error(input_gradient(x, y, W1, b1, W2, b2), by_complex_step) < ROUNDING


@pytest.mark.parametrize("bias", [-30, 30])
def test_the_gradient_through_saturated_units_keeps_its_digits(arguments, bias):
    """On the upper side 1 - h is 1e-13 with three digits left; the gradient must not be made of it."""
    x, y, W1, b1, W2, b2 = arguments
    saturated = (W1, b1 + bias, W2, b2)
    assert np.abs(input_gradient(x, y, *saturated)).max() < 1e-9
    by_complex_step = complex_step(lambda x: loss(x, y, *saturated), x)
    assert relative_error(input_gradient(x, y, *saturated), by_complex_step) < ROUNDING


def test_pre_activations_of_ten_thousand_are_harmless(arguments):
    x, y, W1, *others = arguments
    assert_allclose(input_gradient(x, y, 1e5 * W1, *others), np.zeros((N, D)), atol=1e-100)


# What is refused

NOTES = {
    "W1": "",
    "x": " to multiply W1, which has shape (4, 5)",
    "b1": ": one bias for each column of W1, which has shape (4, 5)",
    "W2": ": one row for each column of W1, which has shape (4, 5)",
    "b2": ": one bias for each column of W2, which has shape (5, 3)",
}


@pytest.mark.parametrize(
    ("name", "shape", "due", "mend"),
    [
        ("W1", (4,), "(D, H)", ""),
        ("x", (6, 3), "(4,) or (N, 4)", ""),
        ("x", (4, 6), "(4,) or (N, 4)", "; is x transposed?"),
        ("b1", (4,), "(5,)", ""),
        ("b1", (1, 5), "(5,)", "; b1.ravel() has it"),
        ("W2", (3, 5), "(5, K)", "; is W2 transposed?"),
        ("W2", (4, 3), "(5, K)", ""),
        ("b2", (5,), "(3,)", ""),
    ],
)
@pytest.mark.parametrize("f", [forward, loss, input_gradient, parameter_gradients], ids=lambda f: f.__name__)
def test_a_shape_that_does_not_fit_is_refused_in_words(arguments, f, name, shape, due, mend):
    x, y, *parameters = with_parameter(arguments, name, np.ones(shape))
    said = refusal(f, x, *parameters) if f is forward else refusal(f, x, y, *parameters)
    assert said == f"{name} has shape {shape}, it should have shape {due}{NOTES[name]}{mend}"


@pytest.mark.parametrize("f", [loss, input_gradient, parameter_gradients], ids=lambda f: f.__name__)
def test_targets_that_do_not_fit_are_refused_in_words(arguments, f):
    x, y, *parameters = arguments
    assert refusal(f, x, 2 * y, *parameters) == "row 0 of y sums to 2, it should sum to 1"
    assert refusal(f, x, y.argmax(axis=-1), *parameters) == (
        "y has shape (6,), it should have shape (6, 3) like theta: one row per example, e.g. one_hot(labels, 3)"
    )

"""What the reference computes, against other ways to it: by hand, SciPy, mpmath, autograd, the complex step."""

import math
from functools import partial
from inspect import signature

import autograd
import autograd.numpy as anp
import mpmath
import numpy as np
import pytest
import scipy.special
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.testing import assert_allclose, assert_array_equal

from utils.reference import (
    central_difference,
    complex_step,
    cross_entropy,
    cross_entropy_from_logits,
    forward,
    input_gradient,
    log_softmax,
    log_sum_exp,
    loss,
    one_hot,
    parameter_gradients,
    relative_error,
    sigmoid,
    sigmoid_derivative,
    softmax,
    softmax_cross_entropy_gradient,
    softmax_jacobian,
)

# What NumPy warns of. Not everything: what another file left behind may be collected, and warned of, while these run.
pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning", "error::DeprecationWarning")

EPS = np.finfo(float).eps
A_FEW_ROUNDINGS = 8 * EPS  # of sums of at most six terms, an exponential or a logarithm, and a quotient
EXPONENT_ROUNDING = 745 * EPS  # exp(t) turns the error eps |t| of t into a relative one, and is 0 below t = -745
TINIEST = 2 * np.finfo(float).smallest_subnormal  # below 1e-308 numbers have fewer digits
ROUNDED = {"rtol": A_FEW_ROUNDINGS, "atol": A_FEW_ROUNDINGS}
CHAIN = 1e-14  # some hundred roundings in the products of the chain, at eps each, with cancellation
CENTRAL_DIFFERENCE = 1e-7  # h^2 from cutting off and eps / h from rounding, for h = 1e-5 and gradients down to 1e-3

# Pairwise different, so that a missing transpose or a mean over the wrong axis cannot fit.
N, D, H, K = 6, 4, 5, 3
PARAMETERS = "W1", "b1", "W2", "b2"
NAN, INF = np.nan, np.inf
by_property = settings(deadline=None, derandomize=True)

sizes = st.integers(1, 6)
numbers = hnp.arrays(float, hnp.array_shapes(min_dims=0, max_dims=3, max_side=4), elements=st.floats(-1e4, 1e4))
logits = hnp.arrays(float, st.tuples(sizes, sizes), elements=st.floats(-1e4, 1e4))
# Eighths are exact in binary, and so are their sums and differences.
eighths = st.integers(-80_000, 80_000).map(lambda n: n / 8)


def network(N, D, H, K, seed=3, scale=1.0, soft=False):
    """The arguments of `loss` by their names, with biases other than zero."""
    rng = np.random.default_rng(seed)
    x, W1, b1, W2, b2 = (scale * rng.normal(size=shape) for shape in [(N, D), (D, H), (H,), (H, K), (K,)])
    y = rng.dirichlet(np.ones(K), size=N) if soft else one_hot(rng.integers(K, size=N), K)
    return {"x": x, "y": y, "W1": W1, "b1": b1, "W2": W2, "b2": b2}


networks = st.builds(
    network,
    *[sizes] * 4,
    seed=st.integers(0, 999),
    scale=st.sampled_from([1e-3, 1.0, 5.0]),
    soft=st.booleans(),
)


@st.composite
def classified(draw, largest=1e4):
    """Logits (N, K) and soft targets of any sizes; about every other target row is one-hot."""
    shape = draw(st.tuples(sizes, sizes))
    theta = draw(hnp.arrays(float, shape, elements=st.floats(-largest, largest)))
    weights = draw(hnp.arrays(float, shape, elements=st.integers(0, 9).map(float)))
    labels = draw(hnp.arrays(int, shape[0], elements=st.integers(0, shape[1] - 1)))
    total = weights.sum(axis=-1, keepdims=True)
    hard = (total == 0) | (labels[:, None] % 2 == 0)
    y = np.where(hard, one_hot(labels, shape[1]), weights / np.where(total == 0, 1, total))
    return {"theta": theta, "y": y, "y_hat": softmax(theta / largest), "z": theta}


def of(f, arguments):
    """f of those of these arguments that it has."""
    return f(**{name: arguments[name] for name in signature(f).parameters})


def leaves(result):
    return result if isinstance(result, tuple) else (result,)


@pytest.fixture(params=[False, True], ids=["one-hot", "soft"])
def arguments(request):
    return network(N, D, H, K, soft=request.param)


@pytest.fixture(params=[1.0, 30.0, 1e4], ids="|theta| up to {:g}".format)
def theta(request):
    return np.random.default_rng(2).uniform(-request.param, request.param, size=(N, K))


# By hand

ROW_WITH_NAN = [[0.0, NAN], [0.0, 0.0]]
QUARTERS = np.log([0.5, 0.25, 0.25])


@pytest.mark.parametrize(
    ("f", "arguments", "expected"),
    [
        (one_hot, ([2, 0, 2], 3), [[0, 0, 1], [1, 0, 0], [0, 0, 1]]),
        (one_hot, (1, 4), [0, 1, 0, 0]),
        (one_hot, ([0, 0], 1), [[1], [1]]),
        *((one_hot, (np.array([0, 1, 1], type), np.int32(2)), [[1, 0], [0, 1], [0, 1]]) for type in "?BhlL"),
        (sigmoid, (0,), 0.5),
        (sigmoid, ([-INF, INF, NAN],), [0, 1, NAN]),
        (sigmoid_derivative, (0,), 0.25),
        (sigmoid_derivative, ([-INF, INF, NAN],), [0, 0, NAN]),
        (softmax, ([[1e4, 1e4], [-1e4, -1e4]],), [[0.5, 0.5], [0.5, 0.5]]),
        (softmax, ([0, -INF, 0],), [0.5, 0, 0.5]),
        (softmax, (ROW_WITH_NAN,), [[NAN, NAN], [0.5, 0.5]]),  # rows do not disturb each other
        (log_softmax, ([0, -INF],), [0, -INF]),
        (log_sum_exp, (ROW_WITH_NAN,), [NAN, np.log(2)]),
        (softmax_jacobian, (QUARTERS,), [[4, -2, -2], [-2, 3, -1], [-2, -1, 3]] / np.array(16)),
        (cross_entropy, ([0, 1, 0], [0.25, 0.5, 0.25]), np.log(2)),
        (cross_entropy, ([0.75, 0.25, 0], [0.25, 0.5, 0.25]), 0.75 * np.log(4) + 0.25 * np.log(2)),
        (cross_entropy, ([[1, 0], [1, 0]], [[0.5, 0.5], [0.125, 0.875]]), (np.log(2) + np.log(8)) / 2),  # no sum
        (cross_entropy, ([[0, 1, 0]], [[0, 0.5, 0.5]]), np.log(2)),  # 0 log 0 is 0, and silent
        (cross_entropy, ([[1, 0], [0, 1]], [[0, 1], [0, 1]]), INF),
        (cross_entropy, ([1, 0], [0.5, 3.0]), np.log(2)),  # predictions need not sum to one
        (cross_entropy, ([1, 0], [1, NAN]), NAN),  # not hidden behind a target of zero
        (cross_entropy_from_logits, ([1, NAN], [1, 0]), NAN),
        (cross_entropy_from_logits, ([1e4, -1e4], [0, 1]), 2e4),  # certain, and wrong
        (cross_entropy_from_logits, (np.zeros((2, 5)), one_hot([0, 4], 5)), np.log(5)),
        (softmax_cross_entropy_gradient, (QUARTERS, [0, 1, 0]), [0.5, 0.25 - 1, 0.25]),  # the cases of the derivation
    ],
)
def test_what_can_be_said_by_hand(f, arguments, expected):
    result = f(*arguments)
    assert np.asarray(result).dtype == np.float64
    assert_allclose(result, expected, rtol=A_FEW_ROUNDINGS)


def test_numbers_come_out_as_floats_and_a_perfect_loss_is_zero_without_a_minus_sign(arguments):
    assert type(of(loss, arguments)) is float and isinstance(sigmoid(0), float)
    for J in (cross_entropy([0, 1], [0, 1]), cross_entropy_from_logits([-1e4, 1e4], [0, 1])):
        assert type(J) is float and J == 0 and not np.signbit(J)


def test_soft_labels_may_be_off_by_a_millionth():
    assert cross_entropy_from_logits([0, 0], [0.5, 0.5 + 9e-7]) == pytest.approx(np.log(2), abs=1e-6)


def test_forward_is_what_the_sums_say_entry_by_entry(arguments):
    x, _, W1, b1, W2, b2 = arguments.values()
    result = of(forward, arguments)
    assert result._fields == ("z", "h", "theta", "y_hat")
    for n in range(N):
        z = [math.fsum(x[n, d] * W1[d, j] for d in range(D)) + b1[j] for j in range(H)]
        h = [1 / (1 + math.exp(-value)) for value in z]
        theta = [math.fsum(h[j] * W2[j, k] for j in range(H)) + b2[k] for k in range(K)]
        y_hat = [math.exp(t) / math.fsum(map(math.exp, theta)) for t in theta]
        for ours, expected in zip(result, (z, h, theta, y_hat), strict=True):
            assert_allclose(ours[n], expected, rtol=CHAIN, atol=CHAIN)


def test_the_loss_of_the_network_is_the_cross_entropy_of_its_prediction(arguments):
    assert of(loss, arguments) == pytest.approx(cross_entropy(arguments["y"], of(forward, arguments).y_hat), rel=CHAIN)


# SciPy


@by_property
@given(numbers)
def test_sigmoid_agrees_with_scipy_in_any_shape_is_symmetric_and_its_derivative_even(z):
    h, slope = sigmoid(z), sigmoid_derivative(z)
    assert np.shape(h) == np.shape(slope) == z.shape
    # SciPy rounds what is too small for a normal float to 0.
    assert_allclose(h, scipy.special.expit(z), rtol=A_FEW_ROUNDINGS, atol=np.finfo(float).tiny)
    assert np.all((h >= 0) & (h <= 1))
    assert_allclose(sigmoid(-z), 1 - h, atol=A_FEW_ROUNDINGS)
    assert_array_equal(sigmoid_derivative(-z), slope)
    assert_allclose(slope, h * (1 - h), atol=A_FEW_ROUNDINGS)


@by_property
@given(logits)
def test_the_softmax_family_agrees_with_scipy(theta):
    assert_allclose(softmax(theta), scipy.special.softmax(theta, axis=-1), rtol=A_FEW_ROUNDINGS)
    assert_allclose(log_softmax(theta), scipy.special.log_softmax(theta, axis=-1), **ROUNDED)
    assert_allclose(log_sum_exp(theta), scipy.special.logsumexp(theta, axis=-1), **ROUNDED)


def test_cross_entropy_agrees_with_scipys_entropies(arguments):
    y, y_hat = arguments["y"], of(forward, arguments).y_hat
    entropies = np.sum(scipy.special.entr(y) + scipy.special.rel_entr(y, y_hat), axis=-1)
    assert cross_entropy(y, y_hat) == pytest.approx(entropies.mean(), rel=A_FEW_ROUNDINGS)


# Fifty digits

LADDER = np.array([0.0, 1e-300, 1e-8, 0.5, 1.0, 5.0, 20.0, 36.0, 37.0, 40.0, 700.0, 709.5, 710.0, 744.0, 1e4])
BOTH_TAILS = np.concatenate([-LADDER[::-1], LADDER])


def exact_sigmoid(z):
    return 1 / (1 + mpmath.exp(-z))


def exact_slope(z):
    return mpmath.exp(-z) / (1 + mpmath.exp(-z)) ** 2


def exact_log_sum_exp(theta):
    return mpmath.log(mpmath.fsum(mpmath.exp(t) for t in theta))


@pytest.mark.parametrize(("f", "exact"), [(sigmoid, exact_sigmoid), (sigmoid_derivative, exact_slope)])
def test_sigmoid_and_its_derivative_have_every_digit_in_both_tails_complex_or_not(f, exact):
    with mpmath.workdps(50):
        expected = np.array([float(exact(mpmath.mpf(z))) for z in BOTH_TAILS])
    assert_allclose(f(BOTH_TAILS), expected, rtol=A_FEW_ROUNDINGS, atol=TINIEST)
    assert_allclose(f(BOTH_TAILS + 1e-200j).real, f(BOTH_TAILS), rtol=A_FEW_ROUNDINGS, atol=TINIEST)


HARD_ROWS = (
    [0.0, 0.0, 0.0],
    [0.1, -0.7, 0.25, 1.5],
    [1e4, -1e4, 0.0],
    [1e4, 9999.5, 9990.0],
    [-1e4, -9999.75, -9300.0],
    [30.0, -30.0, 700.0],
    [-3.25],
)


@pytest.mark.parametrize("theta", HARD_ROWS, ids=str)
def test_every_digit_is_there_that_the_logits_determine(theta):
    with mpmath.workdps(50):
        log_sum = exact_log_sum_exp(theta)
        log_y_hat = [t - log_sum for t in theta]
        y_hat = [mpmath.exp(t) for t in log_y_hat]
        jacobian = [[p * ((i == j) - q) for j, q in enumerate(y_hat)] for i, p in enumerate(y_hat)]
    assert_allclose(log_sum_exp(theta), float(log_sum), rtol=A_FEW_ROUNDINGS)
    assert_allclose(log_softmax(theta), np.array(log_y_hat, float), **ROUNDED)
    assert_allclose(softmax(theta), np.array(y_hat, float), rtol=EXPONENT_ROUNDING, atol=TINIEST)
    assert_allclose(softmax_jacobian(theta), np.array(jacobian, float), rtol=EXPONENT_ROUNDING, atol=A_FEW_ROUNDINGS)


def test_the_loss_from_logits_and_its_gradient_have_every_digit(theta, arguments):
    y = arguments["y"]
    with mpmath.workdps(50):
        sums = [exact_log_sum_exp(row) for row in theta]
        J = sum(s - mpmath.fdot(t, p / p.sum()) for s, t, p in zip(sums, theta, y, strict=True)) / N
        gradient = [
            [(mpmath.exp(t - s) - p) / N for t, p in zip(*row, strict=True)]
            for *row, s in zip(theta, y, sums, strict=True)
        ]
    # Soft labels sum to 1 only up to rounding, and that times |theta| is what J may differ by.
    tolerance = A_FEW_ROUNDINGS * np.abs(theta).max()
    assert cross_entropy_from_logits(theta, y) == pytest.approx(float(J), rel=A_FEW_ROUNDINGS, abs=tolerance)
    ours = softmax_cross_entropy_gradient(theta, y)
    assert_allclose(ours, np.array(gradient, float), rtol=EXPONENT_ROUNDING, atol=A_FEW_ROUNDINGS)


def test_the_input_gradient_has_its_digits_by_differences_at_fifty_digits():
    x, y, W1, b1, W2, b2 = (arguments := network(2, D, H, K)).values()

    def exact_loss(*x_n, n):
        h = [exact_sigmoid(mpmath.fdot(x_n, column) + b) for column, b in zip(W1.T, b1, strict=True)]
        theta = [mpmath.fdot(h, column) + b for column, b in zip(W2.T, b2, strict=True)]
        return (exact_log_sum_exp(theta) - mpmath.fdot(map(float, y[n]), theta)) / 2

    units = np.eye(D, dtype=int)
    with mpmath.workdps(50):
        exact = [[mpmath.diff(partial(exact_loss, n=n), tuple(x[n]), unit) for unit in units] for n in range(2)]
    assert relative_error(of(input_gradient, arguments), np.array(exact, float)) < CHAIN


# Autograd, central differences


def test_gradients_are_what_autograd_finds(theta, arguments):
    def autodiff_cross_entropy(theta, y):
        shifted = theta - anp.max(theta, axis=-1, keepdims=True)
        return -anp.mean(anp.sum(y * (shifted - anp.log(anp.sum(anp.exp(shifted), axis=-1, keepdims=True))), axis=-1))

    def autodiff_loss(x, y, W1, b1, W2, b2):
        return autodiff_cross_entropy(anp.dot(1 / (1 + anp.exp(-(anp.dot(x, W1) + b1))), W2) + b2, y)

    y = arguments["y"]
    dtheta = autograd.grad(autodiff_cross_entropy)(theta, y)
    assert_allclose(softmax_cross_entropy_gradient(theta, y), dtheta, atol=A_FEW_ROUNDINGS)
    ours = [of(input_gradient, arguments), *of(parameter_gradients, arguments)]
    theirs = autograd.grad(autodiff_loss, argnum=(0, 2, 3, 4, 5))(*arguments.values())
    for our, their in zip(ours, theirs, strict=True):
        assert relative_error(our, their) < CHAIN


def test_the_input_gradient_agrees_with_central_differences(arguments):
    by_difference = central_difference(lambda x: of(loss, arguments | {"x": x}), arguments["x"])
    assert relative_error(of(input_gradient, arguments), by_difference) < CENTRAL_DIFFERENCE


# The complex step


def stepped(f, arguments, name):
    """The derivative of f, a number, with respect to the argument with this name."""
    return complex_step(lambda value: of(f, arguments | {name: value}), arguments[name])


@pytest.mark.parametrize("theta", HARD_ROWS, ids=str)
def test_each_of_the_softmax_family_is_the_derivative_of_the_one_before(theta):
    def rows(f):
        return [complex_step(lambda t, i=i: f(t)[i], theta) for i in range(len(theta))]

    assert_allclose(complex_step(log_sum_exp, theta), softmax(theta), atol=A_FEW_ROUNDINGS)
    assert_allclose(rows(softmax), softmax_jacobian(theta), atol=A_FEW_ROUNDINGS)
    assert_allclose(rows(log_softmax), np.eye(len(theta)) - softmax(theta), atol=A_FEW_ROUNDINGS)


def test_the_derivative_is_the_complex_step_of_sigmoid_in_both_tails_and_from_both_sides_of_zero():
    z = BOTH_TAILS[np.abs(BOTH_TAILS) < 40]  # farther out the imaginary part, h sigma'(z), is no longer a normal number
    assert_allclose([complex_step(sigmoid, entry) for entry in z], sigmoid_derivative(z), rtol=A_FEW_ROUNDINGS)
    for h in (1e-200, -1e-200):
        assert_allclose(sigmoid(1j * h).imag / h, 0.25, rtol=A_FEW_ROUNDINGS)


@by_property
@given(classified())
def test_the_derivatives_of_the_loss_by_each_of_its_arguments(given):
    y, y_hat, rows = given["y"], given["y_hat"], len(given["y"])
    for f, name, gradient in [
        (cross_entropy_from_logits, "theta", of(softmax_cross_entropy_gradient, given)),
        (cross_entropy_from_logits, "y", -log_softmax(given["theta"]) / rows),  # linear: the surprise
        (cross_entropy, "y_hat", -y / y_hat / rows),
    ]:
        assert_allclose(stepped(f, given, name), gradient, rtol=EXPONENT_ROUNDING, atol=A_FEW_ROUNDINGS)


@pytest.mark.parametrize("derivative", [central_difference, complex_step])
def test_a_probability_of_zero_under_a_target_of_zero_has_derivative_zero(derivative):
    assert_allclose(derivative(lambda p: cross_entropy([1, 0], p), [0.5, 0.0]), [-2, 0], rtol=1e-9)


@by_property
@given(networks)
def test_each_gradient_of_the_network_is_the_complex_step_of_its_loss(arguments):
    gradients = of(parameter_gradients, arguments)
    assert gradients._fields == ("dW1", "db1", "dW2", "db2")
    # With few classes and a small scale entries cancel to nothing: compare with what they were made of.
    size = max(1, *(np.abs(a).max() for a in arguments.values())) ** 2
    for name, gradient in zip(PARAMETERS, gradients, strict=True):
        assert_allclose(gradient, stepped(loss, arguments, name), rtol=0, atol=CHAIN * size)
    size = np.abs(arguments["W1"]).max() * np.abs(arguments["W2"]).max()
    assert_allclose(of(input_gradient, arguments), stepped(loss, arguments, "x"), rtol=0, atol=CHAIN * size)


@pytest.mark.parametrize(
    ("changes", "largest"),
    [
        pytest.param({"W2": (1e4, 0)}, INF, id="logits of ten thousand"),
        # On the upper side 1 - h is 1e-13 with three digits left; the gradient must not be made of it.
        pytest.param({"b1": (1, 30)}, 1e-9, id="saturated above"),
        pytest.param({"b1": (1, -30)}, 1e-9, id="saturated below"),
    ],
)
def test_the_input_gradient_keeps_its_digits_where_numbers_are_large(changes, largest, arguments):
    for name, (factor, shift) in changes.items():
        arguments[name] = factor * arguments[name] + shift
    assert 0 <= of(loss, arguments) < INF
    gradient = of(input_gradient, arguments)
    assert np.abs(gradient).max() < largest
    assert relative_error(gradient, stepped(loss, arguments, "x")) < CHAIN


def test_pre_activations_of_ten_thousand_are_harmless(arguments):
    arguments["W1"] *= 1e5
    assert_allclose(of(input_gradient, arguments), np.zeros((N, D)), atol=1e-100)


# A batch is its rows


def mean(rows):
    return np.mean(rows, axis=0)


def over_N(rows):
    return rows / len(rows)


@pytest.mark.parametrize(
    ("f", "made_of", "tolerance"),
    [
        *((f, np.asarray, A_FEW_ROUNDINGS) for f in (softmax, log_softmax, log_sum_exp, softmax_jacobian)),
        *((f, np.asarray, A_FEW_ROUNDINGS) for f in (sigmoid, sigmoid_derivative)),
        *((f, mean, A_FEW_ROUNDINGS) for f in (cross_entropy, cross_entropy_from_logits)),
        (softmax_cross_entropy_gradient, over_N, A_FEW_ROUNDINGS),
        # A batch is summed in another order than a row, and large logits leave fewer digits for their differences.
        (loss, mean, 1e-10),
        (forward, np.asarray, CHAIN * 100),
        (input_gradient, over_N, CHAIN),
        (parameter_gradients, mean, CHAIN),
    ],
)
def test_a_batch_is_made_of_its_rows(f, made_of, tolerance):
    @by_property
    @given(networks if "x" in signature(f).parameters else classified())
    def rows_alone(given):
        by_row = {name: value for name, value in given.items() if name not in PARAMETERS}
        rows = [given | dict(zip(by_row, row, strict=True)) for row in zip(*by_row.values(), strict=True)]
        alone = zip(*(leaves(of(f, row)) for row in rows), strict=True)
        for batch, singles in zip(leaves(of(f, given)), alone, strict=True):
            assert_allclose(batch, made_of(np.array(singles)), rtol=tolerance, atol=tolerance)

    rows_alone()


# What holds for all


@by_property
@given(st.integers(1, 20).flatmap(lambda K: st.tuples(st.lists(st.integers(0, K - 1), min_size=1), st.just(K))))
def test_the_label_is_where_the_one_is_and_rows_sum_to_one(labels_and_K):
    labels, K = labels_and_K
    y = one_hot(labels, K)
    assert y.shape == (len(labels), K)
    assert_array_equal(y.argmax(axis=-1), labels)
    assert_array_equal(y.sum(axis=-1), 1)


@by_property
@given(hnp.arrays(float, st.tuples(sizes, sizes), elements=eighths), eighths)
def test_a_common_shift_changes_no_bit_and_is_added_to_log_sum_exp(theta, c):
    for f in (softmax, log_softmax, softmax_jacobian):
        assert_array_equal(f(theta + c), f(theta))
    size = np.abs(theta).max() + abs(c) + 2  # the larger of the two numbers that are compared, or of their parts
    assert_allclose(log_sum_exp(theta + c), log_sum_exp(theta) + c, rtol=0, atol=A_FEW_ROUNDINGS * size)


@by_property
@given(logits)
def test_what_the_softmax_family_is_bounded_by(theta):
    y_hat, jacobian, above = softmax(theta), softmax_jacobian(theta), log_sum_exp(theta) - theta.max(axis=-1)
    assert np.all((y_hat >= 0) & (y_hat <= 1)) and np.all(log_softmax(theta) <= 0)
    assert_allclose(y_hat.sum(axis=-1), 1, rtol=A_FEW_ROUNDINGS)
    assert_array_equal(np.take_along_axis(y_hat, theta.argmax(-1)[:, None], -1)[:, 0], y_hat.max(-1))
    assert np.all((above >= 0) & (above <= np.log(theta.shape[-1]) + A_FEW_ROUNDINGS * (np.abs(theta).max() + 2)))
    assert_allclose(jacobian, np.swapaxes(jacobian, -1, -2), **ROUNDED)
    assert_allclose(jacobian.sum(axis=-1), 0, atol=A_FEW_ROUNDINGS)
    diagonal = np.diagonal(jacobian, axis1=-2, axis2=-1)
    assert np.all((diagonal >= 0) & (diagonal <= 0.25 + EPS))


@by_property
@given(classified(), st.floats(-1e4, 1e4))
def test_the_loss_is_finite_not_negative_and_the_same_after_a_common_shift(given, c):
    J = of(cross_entropy_from_logits, given)
    assert 0 <= J < INF
    assert cross_entropy_from_logits(given["theta"] + c, given["y"]) == pytest.approx(J, abs=A_FEW_ROUNDINGS * 2e4)


@by_property
@given(classified(largest=300))
def test_both_losses_agree_where_no_probability_underflows_and_none_is_below_that_of_the_targets(given):
    theta, y = given["theta"], given["y"]
    J = cross_entropy(y, softmax(theta))
    # y_hat is rounded before the logarithm is taken: where J is near 0 that costs digits, and only there.
    assert pytest.approx(cross_entropy_from_logits(theta, y), rel=A_FEW_ROUNDINGS, abs=EXPONENT_ROUNDING) == J
    assert cross_entropy(y, y) - EXPONENT_ROUNDING <= J


@by_property
@given(classified(largest=30))
def test_a_step_against_the_gradient_lowers_the_loss(given):
    gradient = of(softmax_cross_entropy_gradient, given)
    assume(np.abs(gradient).max() > 1e-3)
    assert cross_entropy_from_logits(given["theta"] - gradient, given["y"]) < of(cross_entropy_from_logits, given)


@by_property
@given(classified(), networks)
def test_gradients_by_the_logits_sum_to_zero_over_the_classes(given, arguments):
    gradients = of(parameter_gradients, arguments)
    assert_allclose(of(softmax_cross_entropy_gradient, given).sum(axis=-1), 0, atol=A_FEW_ROUNDINGS)
    assert_allclose(gradients.dW2.sum(axis=-1), 0, atol=CHAIN)
    assert_allclose(gradients.db2.sum(), 0, atol=CHAIN)


def test_the_gradient_vanishes_where_the_prediction_is_the_target(theta):
    assert_array_equal(softmax_cross_entropy_gradient(theta, softmax(theta)), np.zeros((N, K)))

"""What the reference computes, against other ways to it: by hand, the textbook at fifty digits, the complex step; its
derivatives by numbers, against known ones; and what every function of it accepts, refuses and leaves alone."""

import re
import warnings
from functools import partial
from inspect import signature
from itertools import product

import mpmath
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.testing import assert_allclose, assert_array_equal

from tests.pages import rows, sections
from utils import reference as ref
from utils.bank.markdown import in_backticks
from utils.reference.shapes import as_array

# What NumPy warns of. Not everything: what another file left behind may be collected, and warned of, while these run.
pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning", "error::DeprecationWarning")

EPS = np.finfo(float).eps
A_FEW_ROUNDINGS = 8 * EPS  # of sums of at most six terms, an exponential or a logarithm, and a quotient
EXPONENT_ROUNDING = 745 * EPS  # exp(t) turns the error eps |t| of t into a relative one, and is 0 below t = -745
TINIEST = 2 * np.finfo(float).smallest_subnormal  # below 1e-308 numbers have fewer digits
CHAIN = 1e-14  # some hundred roundings in the products of the chain, at eps each, with cancellation
TOLERANCE = {  # of the numeric derivatives: what cutting off and rounding cost, both times a few
    ref.central_difference: 1e-9,  # for h = 1e-5: h^2 / 6 = 2e-11, and eps / h = 2e-11
    ref.forward_difference: 1e-6,  # for h = 1e-7: h / 2 = 5e-8, and eps / h = 2e-9
    ref.complex_step: A_FEW_ROUNDINGS,
}
DERIVATIVES = pytest.mark.parametrize("derivative", TOLERANCE, ids=lambda f: f.__name__)
by_property = settings(deadline=None, derandomize=True)

sizes = st.integers(1, 6)
arrays = hnp.arrays(float, hnp.array_shapes(min_dims=0, max_dims=3, max_side=3), elements=st.floats(-3, 3))
# Eighths are exact in binary, and so are their sums and differences.
eighths = st.integers(-80_000, 80_000).map(lambda n: n / 8)


@st.composite
def networks(draw):
    """The arguments of `ref.loss` by their names: soft labels or not, biases other than zero, numbers of many sizes."""
    N, D, H, K = (draw(sizes) for _ in range(4))
    rng, scale = np.random.default_rng(draw(st.integers(0, 999))), draw(st.sampled_from([1e-3, 1.0, 5.0]))
    x, W1, b1, W2, b2 = (scale * rng.normal(size=shape) for shape in [(N, D), (D, H), (H,), (H, K), (K,)])
    y = rng.dirichlet(np.ones(K), size=N) if draw(st.booleans()) else ref.one_hot(rng.integers(K, size=N), K)
    # Units that are all but switched on have 1 - h = 1e-13, with three digits left: no gradient may be made of it.
    shift = draw(st.sampled_from([0, 30, -30]))
    large, larger = draw(st.sampled_from([(1, 1), (1, 1), (1e5, 1), (1, 1e4)]))
    return {"x": x, "y": y, "W1": large * W1, "b1": b1 + shift, "W2": larger * W2, "b2": b2}


@st.composite
def classified(draw, largest=1e4):
    """Logits (N, K) and soft targets of any sizes; about every other target row is one-hot."""
    shape = draw(st.tuples(sizes, sizes))
    theta = draw(hnp.arrays(float, shape, elements=st.floats(-largest, largest)))
    weights = draw(hnp.arrays(float, shape, elements=st.integers(0, 9).map(float)))
    labels = draw(hnp.arrays(int, shape[0], elements=st.integers(0, shape[1] - 1)))
    total = weights.sum(axis=-1, keepdims=True)
    hard = (total == 0) | (labels[:, None] % 2 == 0)
    y = np.where(hard, ref.one_hot(labels, shape[1]), weights / np.where(total == 0, 1, total))
    return {"theta": theta, "y": y, "y_hat": ref.softmax(theta / largest), "z": theta}


def of(f, arguments):
    """f of those of these arguments that it has."""
    return f(**{name: arguments[name] for name in signature(f).parameters})


# By hand


@pytest.mark.parametrize(("call", "value", "why"), rows("What the functions give", "by_hand.md"))
def test_what_can_be_said_by_hand(call, value, why):
    names = {"np": np, "nan": np.nan, "inf": np.inf} | vars(ref)
    result, due = (eval(text.strip("`"), names) for text in (call, value))
    assert np.asarray(result).dtype == np.float64
    assert_allclose(result, due, rtol=A_FEW_ROUNDINGS)


def test_numbers_come_out_as_floats_and_a_perfect_loss_is_zero_without_a_minus_sign():
    assert type(ref.loss([1], [0, 1], [[1]], [0], [[1, 2]], [0, 0])) is float and isinstance(ref.sigmoid(0), float)
    for J in (ref.cross_entropy([0, 1], [0, 1]), ref.cross_entropy_from_logits([-1e4, 1e4], [0, 1])):
        assert type(J) is float and J == 0 and not np.signbit(J)


# The textbook, at fifty digits

LADDER = np.array([0.0, 1e-300, 1e-8, 0.5, 1.0, 5.0, 20.0, 36.0, 37.0, 40.0, 700.0, 709.5, 710.0, 744.0, 1e4])
BOTH_TAILS = np.concatenate([-LADDER[::-1], LADDER])
exact, exp, log = (np.frompyfunc(f, 1, 1) for f in (mpmath.mpf, mpmath.exp, mpmath.log))


def surprise(y, y_hat):
    return -(y * log(y_hat)).sum() / len(y)


def likely(theta):
    return exp(theta) / exp(theta).sum(axis=-1, keepdims=True)


@pytest.mark.parametrize(("name", "formula", "rtol", "atol"), rows("What the textbook says", "by_hand.md"))
def test_every_digit_is_there_that_the_arguments_determine(name, formula, rtol, atol):
    f, names = getattr(ref, name), globals()

    @by_property
    @given(classified())
    def agrees(given):
        with mpmath.workdps(50):
            due = np.array(eval(formula.strip("`"), names | {name: exact(a) for name, a in given.items()}), float)
        result = of(f, given)
        assert np.shape(result) == due.shape
        assert_allclose(result, due, rtol=names[rtol], atol=names[atol])

    hard = [eval(row) for (row,) in rows("Logits that are hard", "by_hand.md")]
    for row in [*hard, BOTH_TAILS]:
        theta = np.array([row])
        y = np.full(theta.shape, 1 / theta.size)
        agrees = example({"theta": theta, "z": theta, "y": y, "y_hat": y})(agrees)
    agrees()


@by_property
@given(networks())
def test_the_network_and_its_gradients_have_their_digits(arguments):
    with mpmath.workdps(50):
        x, y, W1, b1, W2, b2 = map(exact, arguments.values())
        h = 1 / (1 + exp(-(z := x @ W1 + b1)))
        y_hat = likely(theta := h @ W2 + b2)
        N = len(x)

        def chain(dtheta, x, h, slope, W1, W2):
            dz = dtheta @ W2.T * slope
            return dz @ W1.T, x.T @ dz, dz.sum(axis=0), h.T @ dtheta, dtheta.sum(axis=0)

        factors = x, h, exp(-z) / (1 + exp(-z)) ** 2, W1, W2  # 1 - h may have lost all fifty digits
        due = [np.array(a, float) for a in chain((y_hat - y) / N, *factors)]
        # What the roundings of y_hat may come to, where none makes up for another.
        roundings = [np.array(a, float) for a in chain(np.full_like(y, 1) / N, *map(abs, factors))]
        J = float(surprise(y, y_hat))
    size = 1 + np.abs(theta).max() + sum(np.abs(a).max() for a in arguments.values())
    result = of(ref.forward, arguments)
    assert isinstance(result, ref.Forward)
    for ours, their in zip(result, (z, h, theta, y_hat), strict=True):
        assert_allclose(ours, np.array(their, float), rtol=0, atol=CHAIN * float(size))
    gradients = of(ref.parameter_gradients, arguments)
    assert isinstance(gradients, ref.ParameterGradients)
    assert of(ref.loss, arguments) == pytest.approx(J, rel=CHAIN, abs=CHAIN * float(size))
    for ours, their, off in zip((of(ref.input_gradient, arguments), *gradients), due, roundings, strict=True):
        assert np.all(np.abs(ours - their) <= CHAIN * float(size) * off + TINIEST)


# The complex step


@pytest.mark.parametrize(("function", "name", "derivative"), rows("The derivative of each function", "by_hand.md"))
def test_each_derivative_is_the_complex_step_of_its_function(function, name, derivative):
    @by_property
    @given(classified())
    def agrees(given):
        weights = np.cos(np.arange(given["y"].size)).reshape(given["y"].shape)
        names = vars(ref) | {"np": np, "w": weights} | given
        stepped = ref.complex_step(lambda value: eval(function, names | {name: value}), given[name])
        assert_allclose(stepped, eval(derivative.strip("`"), names), rtol=EXPONENT_ROUNDING, atol=A_FEW_ROUNDINGS)

    agrees()


@by_property
@given(networks())
def test_each_gradient_of_the_network_is_the_complex_step_of_its_loss(arguments):
    # With few classes entries cancel to nothing: compare with what they were made of.
    size = max(1, *(np.abs(a).max() for a in arguments.values())) ** 2
    gradients = of(ref.input_gradient, arguments), *of(ref.parameter_gradients, arguments)
    for name, gradient in zip(("x", "W1", "b1", "W2", "b2"), gradients, strict=True):
        stepped = ref.complex_step(lambda value, name=name: of(ref.loss, arguments | {name: value}), arguments[name])
        assert_allclose(gradient, stepped, rtol=0, atol=CHAIN * size)


def test_the_sigmoid_is_analytic_in_both_tails_and_on_both_sides_of_zero():
    for f in (ref.sigmoid, ref.sigmoid_derivative):
        assert_allclose(f(BOTH_TAILS + 1e-200j).real, f(BOTH_TAILS), rtol=A_FEW_ROUNDINGS, atol=TINIEST)
    z = BOTH_TAILS[np.abs(BOTH_TAILS) < 40]  # farther out the imaginary part, h sigma'(z), is no longer a normal number
    for h in (1e-200, -1e-200):
        assert_allclose(ref.sigmoid(z + 1j * h).imag / h, ref.sigmoid_derivative(z), rtol=A_FEW_ROUNDINGS)


# What holds to the last bit


@by_property
@given(st.integers(1, 20).flatmap(lambda K: st.tuples(st.lists(st.integers(0, K - 1), min_size=1), st.just(K))))
def test_the_label_is_where_the_one_is_and_rows_sum_to_one(labels_and_K):
    labels, K = labels_and_K
    y = ref.one_hot(labels, K)
    assert y.shape == (len(labels), K)
    assert_array_equal(y.argmax(axis=-1), labels)
    assert_array_equal(y.sum(axis=-1), 1)


@by_property
@given(hnp.arrays(float, st.tuples(sizes, sizes), elements=eighths), eighths)
def test_a_common_shift_changes_no_bit_and_is_added_to_log_sum_exp(theta, c):
    for f in (ref.softmax, ref.log_softmax, ref.softmax_jacobian):
        assert_array_equal(f(theta + c), f(theta))
    size = np.abs(theta).max() + abs(c) + 2  # the larger of the two numbers that are compared, or of their parts
    assert_allclose(ref.log_sum_exp(theta + c), ref.log_sum_exp(theta) + c, rtol=0, atol=A_FEW_ROUNDINGS * size)


@by_property
@given(classified())
def test_bounds_hold_without_a_rounding_too_much(given):
    theta, h = given["theta"], ref.sigmoid(given["z"])
    y_hat, diagonal = ref.softmax(theta), np.diagonal(ref.softmax_jacobian(theta), axis1=-2, axis2=-1)
    assert np.all((y_hat >= 0) & (y_hat <= 1)) and np.all(ref.log_softmax(theta) <= 0) and np.all((h >= 0) & (h <= 1))
    assert_array_equal(np.take_along_axis(y_hat, theta.argmax(-1)[:, None], -1)[:, 0], y_hat.max(-1))
    assert np.all(ref.log_sum_exp(theta) >= theta.max(axis=-1)) and np.all((diagonal >= 0) & (diagonal <= 0.25 + EPS))
    assert 0 <= of(ref.cross_entropy_from_logits, given) < np.inf
    assert_array_equal(ref.sigmoid_derivative(-theta), ref.sigmoid_derivative(theta))
    assert not ref.softmax_cross_entropy_gradient(theta, y_hat).any()


# Derivatives by numbers


@DERIVATIVES
@by_property
@given(x=arrays)
def test_the_derivative_of_a_sum_of_sines_is_the_cosines_in_any_shape(derivative, x):
    d = derivative(lambda x: np.sum(np.sin(x)), x)
    assert d.shape == x.shape
    assert d.dtype == np.float64
    # The difference quotients see the rounding of the whole sum.
    assert_allclose(d, np.cos(x), atol=TOLERANCE[derivative] * max(1, x.size))


@DERIVATIVES
def test_a_function_that_changes_or_keeps_its_argument_does_no_harm(derivative):
    kept = []

    def g(x):
        kept.append(x)
        value = np.sum(x**2)
        x[...] = 7
        return value

    x = np.array([1.0, 2.0, 3.0])
    assert_allclose(derivative(g, x), [2, 4, 6], rtol=10 * TOLERANCE[derivative])
    assert_array_equal(x, [1, 2, 3])


@DERIVATIVES
def test_integers_are_moved_by_fractions_nan_comes_through_and_an_array_of_no_dimension_will_do(derivative):
    assert_allclose(derivative(lambda x: x @ x, [1, 2]), [2, 4], rtol=10 * TOLERANCE[derivative])
    assert np.isnan(derivative(lambda x: np.sum(x) * np.nan, [1.0, 2.0])).all()
    assert_allclose(derivative(lambda x: np.array(x.sum()), [1.0, 2.0]), 1, rtol=10 * TOLERANCE[derivative])


# The relative error


@by_property
@given(hnp.arrays(float, (2, 3), elements=st.floats(-1, 1, width=32)), st.integers(-300, 300))
def test_the_relative_error_knows_no_units_and_no_order(pair, exponent):
    a, b = pair
    assert ref.relative_error(a, b) == ref.relative_error(b, a)
    scale = 2.0**exponent  # a power of two changes no digit
    assert ref.relative_error(scale * a, scale * b) == pytest.approx(ref.relative_error(a, b), rel=A_FEW_ROUNDINGS)


# The gradient check


@pytest.mark.parametrize(("claimed", "options", "said"), rows("What a gradient check says", "by_hand.md"))
def test_a_gradient_check_says_what_is_on_the_page(claimed, options, said):
    x = np.array([[1.0, -2.0], [3.0, 0.5]])
    gradient = eval(f"lambda x: {claimed}", {"np": np})
    check = ref.gradient_check(lambda x: np.sum(x**2), gradient, x, **eval(f"dict({options})", {"np": np} | vars(ref)))
    assert re.fullmatch(re.escape(said).replace("…", ".*"), str(check))
    assert check.agrees is bool(check) is said.startswith("agrees")
    assert np.isnan(check.relative_error) == ("shape" in said or "nan" in said)
    assert_array_equal(x, [[1, -2], [3, 0.5]])


def test_nan_on_both_sides_does_not_agree_and_a_point_of_no_dimension_can_be_checked():
    assert not ref.gradient_check(lambda x: np.nan * x.sum(), lambda x: np.full(x.shape, np.nan), [1.0, 2.0])
    assert ref.gradient_check(np.sin, np.cos, 0.5).worst == ()


@pytest.mark.parametrize(("derivative", "tolerance"), [(ref.complex_step, 1e-6), (ref.central_difference, 1e-2)])
def test_a_lost_sign_is_seen_through_tiny_weights(derivative, tolerance):
    rng = np.random.default_rng(6)
    x, y = rng.normal(size=(6, 4)), ref.one_hot(rng.integers(3, size=6), 3)
    rest = y, *(1e-4 * rng.normal(size=shape) for shape in [(4, 5), (5,), (5, 3), (3,)])
    for sign in (1, -1):
        gradient = lambda x, sign=sign: sign * ref.input_gradient(x, *rest)  # noqa: E731
        check = ref.gradient_check(lambda x: ref.loss(x, *rest), gradient, x, derivative, tolerance)
        assert check.agrees is (sign == 1)


# What every function accepts, refuses and leaves alone

# Whole numbers, so that lists, integers and float32 hold exactly what float64 holds and results are equal bit for bit.
THETA = np.array([[1.0, -2.0, 0.0], [3.0, 3.0, -1.0]])
Y = np.array([[0.0, 1.0, 0.0], [1.0, 0.0, 0.0]])
Y_HAT = np.array([[1.0, 2.0, 3.0], [2.0, 1.0, 1.0]])
X = np.array([[1.0, -1.0, 2.0, 0.0], [0.0, 3.0, -2.0, 1.0]])
PARAMETERS = {
    "W1": np.arange(20.0).reshape(4, 5) % 7 - 3,
    "b1": np.array([1.0, -1.0, 2.0, 0.0, 1.0]),
    "W2": np.arange(15.0).reshape(5, 3) % 4 - 1,
    "b2": np.array([-1.0, 2.0, 1.0]),
}
ARGUMENTS = {"theta": THETA, "y": Y, "y_hat": Y_HAT, "z": X, "x": X, "a": THETA, "b": Y_HAT, **PARAMETERS}
FUNCTIONS = {name: signature(f).parameters for name in ref.__all__ if not isinstance(f := getattr(ref, name), type)}
CALLS = {
    f: {name: ARGUMENTS[name] for name in names} for f, names in FUNCTIONS.items() if names.keys() <= ARGUMENTS.keys()
}
WITH_ARGUMENTS = [(name, argument) for name, arguments in CALLS.items() for argument in arguments]


def leaves(result):
    return result if isinstance(result, tuple) else (result,)


def refusal(f, *arguments, **named):
    """The words of the ValueError with which f refuses these arguments. Fails if it takes them."""
    with pytest.raises(ValueError) as refused:
        f(*arguments, **named)
    return str(refused.value)


def refused(name, **changed):
    """What a function says to its usual arguments with some changed."""
    return refusal(getattr(ref, name), **CALLS[name] | changed)


@pytest.fixture(params=CALLS)
def call(request):
    """A function, and fresh arguments for it."""
    return getattr(ref, request.param), {name: a.copy() for name, a in CALLS[request.param].items()}


def test_arguments_are_left_as_they_were_and_calls_do_not_remember_each_other(call):
    f, arguments = call
    before = {name: a.copy() for name, a in arguments.items()}
    first = leaves(f(**arguments))
    for name, a in arguments.items():
        np.testing.assert_array_equal(a, before[name], err_msg=name)
        a.flags.writeable = False
    for once, again in zip(first, leaves(f(**arguments)), strict=True):  # read-only now
        np.testing.assert_array_equal(once, again)


@pytest.mark.parametrize("rows", ["a batch", "one example"])
def test_results_share_no_memory_with_arguments_or_with_each_other(call, rows):
    f, arguments = call
    if rows == "one example":
        arguments = {name: a if name in PARAMETERS else a[0] for name, a in arguments.items()}
    arrays = [*arguments.values(), *(leaf for leaf in leaves(f(**arguments)) if isinstance(leaf, np.ndarray))]
    for i, a in enumerate(arrays):
        assert not any(np.shares_memory(a, b) for b in arrays[:i])


def test_one_example_is_a_batch_of_one(call):
    f, arguments = call
    row, rows = ({n: a if n in PARAMETERS else a[at] for n, a in arguments.items()} for at in (0, slice(1)))
    for one, batch in zip(leaves(f(**row)), leaves(f(**rows)), strict=True):
        assert np.shape(one) in (np.shape(batch), np.shape(batch)[1:])
        np.testing.assert_allclose(one, np.reshape(batch, np.shape(one)), rtol=1e-14)


@pytest.mark.parametrize(("disguise",), rows("Numbers in another dress", "by_hand.md"))
def test_numbers_in_another_dress_give_the_same_float64(call, disguise):
    f, arguments = call
    expected = leaves(f(**arguments))
    results = leaves(f(**{name: eval(disguise, {"np": np, "a": a}) for name, a in arguments.items()}))
    for ours, plain in zip(results, expected, strict=True):
        assert np.asarray(ours).dtype == np.float64
        # Products of matrices in another order of memory may be summed in another order.
        np.testing.assert_allclose(ours, plain, rtol=1e-14, atol=1e-14)


# What is refused, by the name of the argument


@pytest.mark.parametrize(("name", "argument"), WITH_ARGUMENTS)
@pytest.mark.parametrize(("value", "message"), rows("What is no array of numbers", "by_hand.md"))
def test_what_is_no_array_of_numbers(name, argument, value, message):
    assert refused(name, **{argument: eval(value)}) == message.format(argument)


@pytest.mark.parametrize(("name", "argument"), [pair for pair in WITH_ARGUMENTS if pair[1] in ("theta", "z", "a", "x")])
def test_nothing_at_all(name, argument):
    said = refused(name, **{argument: np.zeros((0, 4))})
    assert said == f"{argument} is empty: it has shape (0, 4), every size should be at least 1"


@pytest.mark.parametrize(("name", "argument"), [pair for pair in WITH_ARGUMENTS if pair[1] != "z"])
def test_two_dimensions_too_many_are_not_broadcast(name, argument):
    said = refused(name, **{argument: CALLS[name][argument][np.newaxis, np.newaxis]})
    assert " has shape (" in said and "it should have shape (" in said


def refusals():
    """(function, call, what is said) of each row of the page, for each function in the heading above it."""
    for heading in sections("refused.md"):
        for name, (call, said) in product(in_backticks(heading), rows(heading, "refused.md")):
            yield pytest.param(name, call, said, id=f"{name}-{call}")


def test_every_function_is_called_or_stands_on_the_page_of_refusals():
    assert FUNCTIONS.keys() - CALLS.keys() <= {row.values[0] for row in refusals()}


@pytest.mark.parametrize(("name", "call", "said"), list(refusals()))
@pytest.mark.parametrize("warning", ["error", "ignore"])  # it is refused where nobody looks at warnings, too
def test_a_refusal_says_what_was_given_and_what_would_fit(name, call, said, warning):
    f = as_array if name == "as_array" else getattr(ref, name)
    with warnings.catch_warnings(action=warning):
        assert refusal(eval, call, {"np": np, "f": partial(f, **CALLS.get(name, {}))}) == said


# as_array itself


def test_float64_is_passed_on_without_a_copy_and_complex_stays_complex():
    v = np.zeros(3)
    assert as_array(v, "v") is v
    assert as_array(np.zeros(3, np.complex64), "v").dtype == np.complex128
    assert as_array([True, False], "v").dtype == np.float64
    assert as_array([[1, 2, 3]], "v", ("N", 3)).shape == (1, 3)  # a letter stands for any size

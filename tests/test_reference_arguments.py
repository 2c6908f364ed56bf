"""What every function of the reference accepts, refuses and leaves alone."""

import numpy as np
import pytest

import utils.reference as reference
from tests.refusal import refusal
from utils.reference.shapes import as_array

# What NumPy warns of. Not everything: what another file left behind may be collected, and warned of, while these run.
pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning", "error::DeprecationWarning")

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
CALLS = {
    "log_sum_exp": {"theta": THETA},
    "softmax": {"theta": THETA},
    "log_softmax": {"theta": THETA},
    "softmax_jacobian": {"theta": THETA},
    "cross_entropy": {"y": Y, "y_hat": Y_HAT},
    "cross_entropy_from_logits": {"theta": THETA, "y": Y},
    "softmax_cross_entropy_gradient": {"theta": THETA, "y": Y},
    "sigmoid": {"z": X},
    "sigmoid_derivative": {"z": X},
    "forward": {"x": X, **PARAMETERS},
    "loss": {"x": X, "y": Y, **PARAMETERS},
    "input_gradient": {"x": X, "y": Y, **PARAMETERS},
    "parameter_gradients": {"x": X, "y": Y, **PARAMETERS},
    "relative_error": {"a": THETA, "b": Y_HAT},
}
# These take a function, a count or a result, and are treated in their own tests.
TREATED_ELSEWHERE = {
    "one_hot",
    "central_difference",
    "forward_difference",
    "complex_step",
    "gradient_check",
    "Forward",
    "ParameterGradients",
    "GradientCheck",
}
WITH_ARGUMENTS = [(name, argument) for name, arguments in CALLS.items() for argument in arguments]


def leaves(result):
    return result if isinstance(result, tuple) else (result,)


def refused(name, **changed):
    """What a function says to its usual arguments with some changed."""
    return refusal(getattr(reference, name), **CALLS[name] | changed)


@pytest.fixture(params=CALLS)
def call(request):
    """A function, and fresh arguments for it."""
    return getattr(reference, request.param), {name: a.copy() for name, a in CALLS[request.param].items()}


def test_every_public_name_is_there_and_treated():
    assert set(reference.__all__) == CALLS.keys() | TREATED_ELSEWHERE
    assert all(hasattr(reference, name) for name in reference.__all__)


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


@pytest.mark.parametrize(
    "disguise",
    [
        pytest.param(np.ndarray.tolist, id="lists"),
        pytest.param(lambda a: a.astype(int), id="integers"),
        pytest.param(lambda a: a.astype(np.float32), id="float32"),
        pytest.param(np.asfortranarray, id="columns first"),
        pytest.param(lambda a: np.repeat(a, 2, axis=0)[::2], id="strided"),
    ],
)
def test_numbers_in_another_dress_give_the_same_float64(call, disguise):
    f, arguments = call
    expected = leaves(f(**arguments))
    results = leaves(f(**{name: disguise(a) for name, a in arguments.items()}))
    for ours, plain in zip(results, expected, strict=True):
        assert np.asarray(ours).dtype == np.float64
        # Products of matrices in another order of memory may be summed in another order.
        np.testing.assert_allclose(ours, plain, rtol=1e-14, atol=1e-14)


# What is refused, by the name of the argument


@pytest.mark.parametrize(("name", "argument"), WITH_ARGUMENTS)
@pytest.mark.parametrize(
    ("value", "message"),
    [
        (None, "{} should hold numbers, not NoneType of dtype object"),
        ("text", "{} should hold numbers, not str of dtype <U4"),
        ([["1", "2"]], "{} should hold numbers, not list of dtype <U1"),
        ([[1, None]], "{} should hold numbers, not list of dtype object"),
        ([[1, 2], [3]], "{} should hold numbers in rows of one length, its rows have different lengths"),
    ],
)
def test_what_is_no_array_of_numbers(name, argument, value, message):
    assert refused(name, **{argument: value}) == message.format(argument)


@pytest.mark.parametrize(("name", "argument"), [pair for pair in WITH_ARGUMENTS if pair[1] in ("theta", "z", "a", "x")])
def test_nothing_at_all(name, argument):
    said = refused(name, **{argument: np.zeros((0, 4))})
    assert said == f"{argument} is empty: it has shape (0, 4), every size should be at least 1"


@pytest.mark.parametrize(("name", "argument"), [pair for pair in WITH_ARGUMENTS if pair[1] != "z"])
def test_two_dimensions_too_many_are_not_broadcast(name, argument):
    said = refused(name, **{argument: CALLS[name][argument][np.newaxis, np.newaxis]})
    assert " has shape (" in said and "it should have shape (" in said


@pytest.mark.parametrize("name", ["softmax", "log_softmax", "log_sum_exp", "softmax_jacobian"])
@pytest.mark.parametrize("shape", [(), (2, 3, 4)])
def test_logits_of_another_dimension(name, shape):
    assert refused(name, theta=np.zeros(shape)) == f"theta has shape {shape}, it should have shape (K,) or (N, K)"


@pytest.mark.parametrize(
    ("labels", "K", "message"),
    [
        ([0, 3], 3, "labels holds 3, with K = 3 labels should be from 0 to 2"),
        ([0, -1], 3, "labels holds -1, with K = 3 labels should be from 0 to 2"),
        (5, 2, "labels holds 5, with K = 2 labels should be from 0 to 1"),
        ([0.0, 1.0], 2, "labels should be integers, not float64; if every one is whole, labels.astype(int)"),
        (["a"], 2, "labels should be integers, not list of dtype <U1"),
        (None, 2, "labels should be integers, not NoneType of dtype object"),
        ([[0], [0, 1]], 2, "labels should be integers; its rows have different lengths"),
        ([[0], [1]], 2, "labels has shape (2, 1), it should have shape () or (N,): one integer per example"),
        ([], 2, "labels is empty: it has shape (0,), it should have shape () or (N,) with N >= 1"),
        *(([0], K, f"K should be a positive integer, not {K}") for K in (0, -2, 2.0, None)),
    ],
)
def test_labels_that_cannot_be_encoded(labels, K, message):
    assert refusal(reference.one_hot, labels, K) == message


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("cross_entropy", "y_hat"),
        ("cross_entropy_from_logits", "theta"),
        ("softmax_cross_entropy_gradient", "theta"),
    ],
)
@pytest.mark.parametrize(
    ("shape", "y", "message"),
    [
        ((6, 3), np.zeros(6), "y has shape (6,), {due}: one row per example, e.g. one_hot(labels, 3)"),
        ((6, 3), np.zeros((3, 6)), "y has shape (3, 6), {due}; is y transposed?"),
        ((6, 3), np.zeros((6, 2)), "y has shape (6, 2), {due}"),
        ((6, 3), np.zeros((1, 6, 3)), "y has shape (1, 6, 3), {due}"),
        ((6, 3), np.full((6, 3), 0.5), "row 0 of y sums to 1.5, it should sum to 1"),
        ((6, 3), np.vstack([np.eye(3), np.eye(3) * 0.75]), "row 3 of y sums to 0.75, it should sum to 1"),
        ((6, 3), np.vstack([np.eye(3), np.eye(3) * np.nan]), "row 3 of y sums to nan, it should sum to 1"),
        ((6, 3), [[1.5, -0.5, 0]] * 6, "row 0 of y holds -0.5, probabilities should not be negative"),
        ((3,), 2, "y has shape (), {due}: one row per example, e.g. one_hot(label, 3)"),
        ((3,), [[0, 0, 1]], "y has shape (1, 3), {due}; y.ravel() has it"),
        ((3,), [0, 0, 0.5], "y sums to 0.5, it should sum to 1"),
        ((3,), [0, -0.25, 1.25], "y holds -0.25, probabilities should not be negative"),
        ((2,), [0.5, 0.5 + 2.1e-6], "y sums to 1.0000021, it should sum to 1"),
    ],
)
def test_targets_that_do_not_fit(name, other, shape, y, message):
    said = refused(name, **{"y": y, other: np.full(shape, 0.25)})
    assert said == message.format(due=f"it should have shape {shape} like {other}")


@pytest.mark.parametrize("name", ["loss", "input_gradient", "parameter_gradients"])
def test_targets_that_do_not_fit_a_network(name):
    assert refused(name, y=2 * Y) == "row 0 of y sums to 2, it should sum to 1"
    assert refused(name, y=Y.argmax(axis=-1)) == (
        "y has shape (2,), it should have shape (2, 3) like theta: one row per example, e.g. one_hot(labels, 3)"
    )


def test_a_negative_prediction_where_the_target_is_positive():
    said = refused("cross_entropy", y=[[1, 0], [0, 1]], y_hat=[[0.5, 0.5], [1.1, -0.1]])
    assert said == "y_hat holds -0.1 where y > 0, probabilities should not be negative"


@pytest.mark.parametrize("name", ["forward", "loss", "input_gradient", "parameter_gradients"])
@pytest.mark.parametrize(
    ("argument", "shape", "due"),
    [
        ("W1", (4,), "(D, H)"),
        ("x", (6, 3), "(4,) or (N, 4) to multiply W1, which has shape (4, 5)"),
        ("x", (4, 6), "(4,) or (N, 4) to multiply W1, which has shape (4, 5); is x transposed?"),
        ("b1", (4,), "(5,): one bias for each column of W1, which has shape (4, 5)"),
        ("b1", (1, 5), "(5,): one bias for each column of W1, which has shape (4, 5); b1.ravel() has it"),
        ("W2", (3, 5), "(5, K): one row for each column of W1, which has shape (4, 5); is W2 transposed?"),
        ("W2", (4, 3), "(5, K): one row for each column of W1, which has shape (4, 5)"),
        ("b2", (5,), "(3,): one bias for each column of W2, which has shape (5, 3)"),
    ],
)
def test_a_shape_that_does_not_fit_a_network(name, argument, shape, due):
    said = refused(name, **{argument: np.ones(shape)})
    assert said == f"{argument} has shape {shape}, it should have shape {due}"


# as_array itself


@pytest.mark.parametrize(
    ("shape", "wanted", "said"),
    [
        ((2, 4), [(3,), ("N", 3)], "(3,) or (N, 3)"),
        ((3, 6), [(6, 3)], "(6, 3); is v transposed?"),
        ((6, 1), [(6,)], "(6,); v.ravel() has it"),
        ((1, 6), [(6,)], "(6,); v.ravel() has it"),
        ((2, 3), [(6, 3)], "(6, 3)"),
        ((3,), [(6,)], "(6,)"),
    ],
)
def test_a_letter_stands_for_any_size_and_a_mend_is_offered_where_there_is_one(shape, wanted, said):
    assert as_array([[1, 2, 3]], "v", ("N", 3)).shape == (1, 3)
    assert refusal(as_array, np.zeros(shape), "v", *wanted) == f"v has shape {shape}, it should have shape {said}"


def test_float64_is_passed_on_without_a_copy_and_complex_stays_complex():
    v = np.zeros(3)
    assert as_array(v, "v") is v
    assert as_array(np.zeros(3, np.complex64), "v").dtype == np.complex128
    assert as_array([True, False], "v").dtype == np.float64

"""What every function of the reference accepts, refuses and leaves alone."""

import warnings
from functools import partial
from itertools import product

import numpy as np
import pytest

from tests.pages import rows, sections
from utils import reference
from utils.bank.markdown import in_backticks
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
    return refusal(getattr(reference, name), **CALLS[name] | changed)


@pytest.fixture(params=CALLS)
def call(request):
    """A function, and fresh arguments for it."""
    return getattr(reference, request.param), {name: a.copy() for name, a in CALLS[request.param].items()}


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
    functions = {name for name in reference.__all__ if not isinstance(getattr(reference, name), type)}
    assert functions - CALLS.keys() <= {row.values[0] for row in refusals()}


@pytest.mark.parametrize(("name", "call", "said"), list(refusals()))
@pytest.mark.parametrize("warning", ["error", "ignore"])  # it is refused where nobody looks at warnings, too
def test_a_refusal_says_what_was_given_and_what_would_fit(name, call, said, warning):
    f = as_array if name == "as_array" else getattr(reference, name)
    with warnings.catch_warnings(action=warning):
        assert refusal(eval, call, {"np": np, "f": partial(f, **CALLS.get(name, {}))}) == said


# as_array itself


def test_float64_is_passed_on_without_a_copy_and_complex_stays_complex():
    v = np.zeros(3)
    assert as_array(v, "v") is v
    assert as_array(np.zeros(3, np.complex64), "v").dtype == np.complex128
    assert as_array([True, False], "v").dtype == np.float64
    assert as_array([[1, 2, 3]], "v", ("N", 3)).shape == (1, 3)  # a letter stands for any size

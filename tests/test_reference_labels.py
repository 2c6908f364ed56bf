"""one_hot: labels to targets."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from utils.reference import one_hot

pytestmark = pytest.mark.filterwarnings("error")


def test_labels_become_rows_with_a_single_one():
    np.testing.assert_array_equal(one_hot([2, 0, 2], 3), [[0, 0, 1], [1, 0, 0], [0, 0, 1]])


def test_a_scalar_label_becomes_one_row():
    np.testing.assert_array_equal(one_hot(1, 4), [0, 1, 0, 0])


def test_one_class_is_enough():
    np.testing.assert_array_equal(one_hot([0, 0], 1), [[1], [1]])


@pytest.mark.parametrize("dtype", [bool, np.uint8, np.int16, np.int64, np.uint64])
def test_any_integer_type_gives_float64(dtype):
    y = one_hot(np.array([0, 1, 1], dtype=dtype), np.int32(2))
    assert y.dtype == np.float64
    np.testing.assert_array_equal(y, [[1, 0], [0, 1], [0, 1]])


@settings(deadline=None, derandomize=True)
@given(st.integers(1, 20).flatmap(lambda K: st.tuples(st.lists(st.integers(0, K - 1), min_size=1), st.just(K))))
def test_the_label_is_where_the_one_is_and_rows_sum_to_one(labels_and_K):
    labels, K = labels_and_K
    y = one_hot(labels, K)
    assert y.shape == (len(labels), K)
    np.testing.assert_array_equal(y.argmax(axis=-1), labels)
    np.testing.assert_array_equal(y.sum(axis=-1), 1)


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
        ([0], 0, "K should be a positive integer, not 0"),
        ([0], -2, "K should be a positive integer, not -2"),
        ([0], 2.0, "K should be a positive integer, not 2.0"),
        ([0], None, "K should be a positive integer, not None"),
    ],
)
def test_what_cannot_be_encoded_is_refused_in_words(labels, K, message):
    with pytest.raises(ValueError) as refusal:
        one_hot(labels, K)
    assert str(refusal.value) == message

"""From class labels to targets."""

import operator
from contextlib import suppress

import numpy as np


def one_hot(labels, K):
    """One-hot targets: 1 at the label, 0 elsewhere.

    labels: an integer () or integers (N,), each from 0 to K - 1. K: the number of classes.
    Returns float64 (K,) or (N, K), with y[n, i] = 1 if i = labels[n], else 0.
    Raises ValueError if K is not a positive integer, or if the labels are not integers, lie outside 0..K-1, are empty,
    or come in more than one dimension.
    """
    with suppress(TypeError):
        K = operator.index(K)
    if not isinstance(K, int) or K < 1:
        raise ValueError(f"K should be a positive integer, not {K!r}")
    labels = _as_labels(labels)
    outside = (labels < 0) | (labels >= K)
    if outside.any():
        raise ValueError(f"labels holds {labels[outside][0]}, with K = {K} labels should be from 0 to {K - 1}")
    return (labels[..., np.newaxis] == np.arange(K)).astype(float)


def _as_labels(labels):
    try:
        array = np.asarray(labels)
    except ValueError as error:
        raise ValueError("labels should be integers; its rows have different lengths") from error
    if array.ndim > 1:
        raise ValueError(f"labels has shape {array.shape}, it should have shape () or (N,): one integer per example")
    if array.size == 0:
        raise ValueError(f"labels is empty: it has shape {array.shape}, it should have shape () or (N,) with N >= 1")
    if array.dtype.kind == "f":
        raise ValueError(f"labels should be integers, not {array.dtype}; if every one is whole, labels.astype(int)")
    if array.dtype.kind not in "bui":
        raise ValueError(f"labels should be integers, not {type(labels).__name__} of dtype {array.dtype}")
    return array.astype(int) if array.dtype.kind == "b" else array

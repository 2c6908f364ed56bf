"""Arguments as arrays: one line of checking at the head of a function, one clear sentence when it fails.

What is accepted: arrays, lists, numbers, integers, booleans, any precision, read-only or not. Nothing is ever changed
in place. What comes out is float64, or complex128 where the argument is complex, as the complex step needs.
What is refused: strings, objects, ragged lists, and empty arrays: they have no mean, and a check on nothing passes.
NaN is not refused, except in probabilities asked to sum to 1: it goes through to the result, and no function hides it.
"""

import numpy as np

ROW_SUM_TOLERANCE = 1e-6  # soft labels are often written with a few digits, or kept in float32


def as_array(value, name, *shapes, note=""):
    """The argument `name` as a float64 or complex128 array; not a copy, so not to be written to.

    shapes: the shapes that fit, all shapes if none is given. A size is a number, or a letter where any size does:
    `("N", 3)` fits (1, 3) and (6, 3). note: why that shape, added to the message.
    Raises ValueError naming the argument, the shape it has, the shape it should have and, where apt, the mend.
    """
    try:
        array = np.asarray(value)
    except ValueError as error:
        raise ValueError(
            f"{name} should hold numbers in rows of one length, its rows have different lengths"
        ) from error
    if array.dtype.kind not in "buifc":
        raise ValueError(f"{name} should hold numbers, not {type(value).__name__} of dtype {array.dtype}")
    if shapes and not any(_fits(array.shape, shape) for shape in shapes):
        wanted = " or ".join(map(str, shapes)).replace("'", "")  # letters without quotes, as in the text
        mend = _mend(array, name, shapes)
        raise ValueError(f"{name} has shape {array.shape}, it should have shape {wanted}{note}{mend}")
    if array.size == 0:
        raise ValueError(f"{name} is empty: it has shape {array.shape}, every size should be at least 1")
    return array.astype(complex if array.dtype.kind == "c" else float, copy=False)


def as_rows(theta, name="theta"):
    """Rows of K numbers: one example (K,) or a batch (N, K)."""
    return as_array(theta, name, ("K",), ("N", "K"))


def as_targets(y, rows, name="theta"):
    """Targets `y`, one probability vector for each of the `rows` of the argument `name`.

    Raises ValueError for another shape, and for a row that is negative somewhere or does not sum to 1 within 1e-6.
    """
    y = as_array(y, "y")
    note = f" like {name}"
    if y.shape == rows.shape[:-1]:
        labels = "labels" if rows.ndim > 1 else "label"
        note += f": one row per example, e.g. one_hot({labels}, {rows.shape[-1]})"
    y = as_array(y, "y", rows.shape, note=note)

    each = np.atleast_2d(y)
    lowest, total = each.real.min(axis=-1), each.sum(axis=-1)
    good = (lowest >= 0) & (np.abs(total - 1) <= ROW_SUM_TOLERANCE)  # no comparison with NaN is good
    if not good.all():
        n = good.argmin()
        where = f"row {n} of y" if y.ndim > 1 else "y"
        if lowest[n] < 0:
            raise ValueError(f"{where} holds {lowest[n]:.6g}, probabilities should not be negative")
        raise ValueError(f"{where} sums to {total[n]:.8g}, it should sum to 1")
    return y


def _fits(shape, wanted):
    return len(shape) == len(wanted) and all(isinstance(w, str) or s == w for s, w in zip(shape, wanted, strict=True))


def _mend(array, name, shapes):
    if any(_fits(array.T.shape, shape) for shape in shapes):
        return f"; is {name} transposed?"
    if array.ndim > 1 and (array.size,) in shapes:
        return f"; {name}.ravel() has it"
    return ""

"""Derivatives by numbers, to hold against derivatives by hand.

g maps an array to one number. Each way moves one entry of x at a time: x + h e_i is x with h added to entry i.
"""

import warnings
from dataclasses import dataclass

import numpy as np

from utils.reference.shapes import as_array


def forward_difference(g, x, h=1e-7):
    """dg/dx_i ~ (g(x + h e_i) - g(x)) / h. The error is about h g''/2 from cutting off, eps |g| / h from rounding.

    g: a function from an array of the shape of x to a real number. x: real numbers of any shape. h: the step, positive.
    Returns an array of the shape of x.
    Raises ValueError if g returns no single real number, if x is complex or empty, or if h is not positive.
    """
    x, h = _as_point(x), _as_step(h)
    here = _real(g(x.copy()))
    return _entry_by_entry(x, lambda i: (_real(g(_moved(x, i, h))) - here) / h)


def central_difference(g, x, h=1e-5):
    """dg/dx_i ~ (g(x + h e_i) - g(x - h e_i)) / 2h. Cutting off costs h^2 g'''/6, rounding eps |g| / h.

    Arguments, result and errors as in `forward_difference`.
    """
    x, h = _as_point(x), _as_step(h)
    return _entry_by_entry(x, lambda i: (_real(g(_moved(x, i, h))) - _real(g(_moved(x, i, -h)))) / (2 * h))


def complex_step(g, x, h=1e-200):
    """dg/dx_i ~ Im g(x + i h e_i) / h. Nothing is subtracted, so h can be tiny and all the digits are right.

    g must be analytic and complex all the way: `abs`, `np.real`, `float` and float arrays inside g lose the derivative.
    Arguments and result as in `forward_difference`. Raises ValueError as it does, and if g drops the imaginary part.
    """
    x, h = _as_point(x), _as_step(h)
    return _entry_by_entry(x, lambda i: _imaginary(g, _moved(x.astype(complex), i, 1j * h)) / h)


def relative_error(a, b):
    """max |a - b| / max(|a|, |b|), where each max runs over all entries; 0 if a and b are both 0 throughout.

    There is no floor under the denominator: with one, the wrong gradient of a small function passes.
    a, b: numbers of one shape. Returns a float, NaN if a or b holds a NaN or an infinity.
    Raises ValueError if the shapes differ, or if a or b is empty.
    """
    a = as_array(a, "a")
    b = as_array(b, "b", a.shape, note=" like a")
    with np.errstate(invalid="ignore"):  # inf - inf
        difference = np.max(np.abs(a - b))
        size = max(np.max(np.abs(a)), np.max(np.abs(b)))
        return 0.0 if difference == size == 0 else float(difference / size)


@dataclass(frozen=True, eq=False)
class GradientCheck:
    """The outcome of a gradient check. It is true exactly if the two agree; `str` says it in a sentence.

    gradient: as it was claimed. numeric: as it was measured. relative_error: NaN if the shapes differ.
    worst: the index of the entry where the two differ most, None if the shapes differ.
    """

    gradient: np.ndarray
    numeric: np.ndarray
    relative_error: float
    worst: tuple[int, ...] | None
    agrees: bool

    def __bool__(self):
        return self.agrees

    def __str__(self):
        if self.worst is None:
            return f"does not agree: the gradient has shape {self.gradient.shape}, x has shape {self.numeric.shape}"
        return (
            f"{'agrees' if self.agrees else 'does not agree'}: relative error {self.relative_error:.1e}, worst at "
            f"{list(self.worst)}, gradient {self.gradient[self.worst]:.6g}, numeric {self.numeric[self.worst]:.6g}"
        )


def gradient_check(g, gradient, x, derivative=central_difference, tolerance=1e-6):
    """Compare gradient(x) with the numeric derivative of g at x: shapes first, then values.

    g: a function from an array to a number. gradient: a function from an array to the gradient of g, of its shape.
    x: where, real numbers of any shape. derivative: `central_difference`, `forward_difference` or `complex_step`.
    tolerance: the largest `relative_error` that still agrees. Central differences of a function of size 1 carry noise
    of about 1e-11; where the gradient itself is as small as 1e-5, use `complex_step`.
    Returns a GradientCheck. NaN, infinity and another shape do not agree; nothing is broadcast.
    Raises ValueError as `derivative` does, and if gradient(x) is no array of numbers.
    """
    x = _as_point(x)
    numeric = derivative(g, x)
    claimed = as_array(gradient(x.copy()), "gradient(x)")
    if claimed.shape != x.shape:
        return GradientCheck(claimed, numeric, np.nan, None, agrees=False)
    error = relative_error(claimed, numeric)
    with np.errstate(invalid="ignore"):
        worst = np.unravel_index(np.argmax(np.abs(claimed - numeric)), x.shape)  # argmax stops at the first NaN
    return GradientCheck(claimed, numeric, error, tuple(map(int, worst)), agrees=bool(error <= tolerance))


def _entry_by_entry(x, derivative):
    d = np.empty_like(x)
    for i in np.ndindex(x.shape):
        d[i] = derivative(i)
    return d


def _moved(x, i, step):
    """A copy of x, so that a g that changes its argument or keeps it does no harm."""
    x = x.copy()
    x[i] += step
    return x


def _as_point(x):
    x = as_array(x, "x")
    if np.iscomplexobj(x):
        raise ValueError("x should hold real numbers, not complex ones")
    return x


def _as_step(h):
    h = as_array(h, "h", ())
    if np.iscomplexobj(h) or not 0 < h < np.inf:
        raise ValueError(f"h should be a positive number, not {h}")
    return float(h)


def _real(value):
    value = as_array(value, "g(x)", (), note=": one number")
    if np.iscomplexobj(value):
        raise ValueError("g(x) is complex, it should be a real number")
    return value


def _imaginary(g, x):
    mend = (
        "g(x) should be complex when x is, but g drops the imaginary part: look for abs, np.real, float, float arrays"
    )
    try:
        with warnings.catch_warnings(action="error", category=np.exceptions.ComplexWarning):
            value = g(x)
    except np.exceptions.ComplexWarning as warning:
        raise ValueError(mend) from warning
    value = as_array(value, "g(x)", (), note=": one number")
    if not np.iscomplexobj(value):
        raise ValueError(mend)
    return value.imag

"""The bank of chapter 3_1: checking a gradient by numbers."""

from __future__ import annotations

from functools import partial

import numpy as np

from utils.exercises.calls import Case
from utils.exercises.exercise import Choice, Exercise, Mistake, Option
from utils.exercises.formulas import EPSILONS
from utils.exercises.inputs import each_shape_again
from utils.exercises.sheet import Row, Sheet
from utils.reference import (
    central_difference,
    complex_step,
    forward_difference,
    gradient_check,
    input_gradient,
    loss,
    one_hot,
    relative_error,
)

# ---- What is differentiated. Each g takes real and complex arrays, and is shown to the student by its name.


def sum_of_squares(x):
    return np.sum(x**2)


def sum_of_cubes(x):
    return np.sum(x**3)


def log_sum_exp(x):
    return np.log(np.sum(np.exp(x)))


def tiny_sum_of_squares(x):
    return 1e-9 * np.sum(x**2)


def huge_sum_of_squares(x):
    return 1e6 * np.sum(x**2)


def faint_sum_of_squares(x):
    return 1e-30 * np.sum(x**2)


def small_sum_of_squares(x):
    return 0.01 * np.sum(x**2)


def constant(x):
    return 7.0 + 0 * np.sum(x)


def _network(rng):
    """The loss of a network as a function of its inputs, its gradient, one that forgot 1/N, and inputs to start from."""
    N, D, H, K = 4, 5, 6, 3
    x, W1, b1, W2, b2 = (rng.normal(size=shape) for shape in ((N, D), (D, H), H, (H, K), K))
    rest = {"y": one_hot(np.arange(N) % K, K), "W1": W1, "b1": b1, "W2": W2, "b2": b2}
    return (
        _named("network_loss", loss, rest),
        _named("network_gradient", input_gradient, rest),
        _named("network_gradient_without_1_over_N", _summed_gradient, rest),
        x,
    )


def _named(name, function, rest):
    """A function of x alone, under a name to show. No closure: what is handed to another process has to be picklable."""
    of_x = partial(function, **rest)
    of_x.__name__ = name
    return of_x


def _summed_gradient(x, **rest):
    return len(x) * input_gradient(x, **rest)


# Steps are large: what a difference cuts off is then part of the right answer, and rounding is not.


@each_shape_again
def _points(rng):
    network_loss, _, _, x = _network(rng)
    return [
        Case({"g": sum_of_squares, "x": np.array([0.3, -1.0, 2.0]), "h": 0.1}),
        Case({"g": sum_of_cubes, "x": np.array([[1.0, 0.0, -1.0], [2.0, 0.5, 0.3]]), "h": 0.1}),
        Case({"g": sum_of_cubes, "x": np.array([[1.0, 0.0, -1.0], [2.0, 0.5, 0.3]]), "h": 0.2}),
        Case({"g": log_sum_exp, "x": rng.normal(size=7), "h": 0.02}),
        Case({"g": network_loss, "x": x, "h": 0.01}),
        Case({"g": log_sum_exp, "x": rng.normal(size=(2, 4, 3)), "h": 0.03}),
        Case({"g": sum_of_cubes, "x": np.array([3, -1, 2]), "h": 0.1}, extreme=True),
    ]


def _points_and_tiny_steps(rng):
    network_loss, _, _, x = _network(rng)
    return [
        *_points(rng),
        Case({"g": sum_of_cubes, "x": np.array([1.0, -2.0]), "h": 1e-200}, extreme=True),
        Case({"g": network_loss, "x": x, "h": 1e-200}, extreme=True),
    ]


@each_shape_again
def _pairs(rng):
    a, b = rng.normal(size=(2, 4, 5))
    return [
        Case({"a": np.array([1.0, 2.0, -5.0]), "b": np.array([1.0, 2.5, -5.0])}),
        Case({"a": np.array([0.01, -0.02]), "b": np.array([-0.01, 0.02])}),
        Case(
            {
                "a": np.array([[0.0, 4.0], [1.0, 2.0], [-6.0, 0.5]]),
                "b": np.array([[1e-9, 4.0], [1.0, 3.0], [-6.0, 0.5]]),
            }
        ),
        Case({"a": np.array([3.0, -0.5]), "b": np.array([1.5, -0.5])}),
        Case({"a": a, "b": b}),
        Case({"a": 1e-3 * a[0], "b": -2e-3 * a[0]}),
        Case({"a": np.zeros(3), "b": np.zeros(3)}, extreme=True),
        Case({"a": np.array([1.0, np.nan, 2.0]), "b": np.array([1.0, 2.0, 2.0])}, extreme=True),
        Case({"a": np.array([2e-14, -1e-14]), "b": np.array([1e-14, -1e-14])}, extreme=True),
        Case({"a": np.array([2e-30, -1e-30]), "b": np.array([1e-30, -1e-30])}, extreme=True),
    ]


# ---- Claimed gradients, right and wrong ones, for the check to judge


def twice_x(x):
    return 2 * x


def minus_twice_x(x):
    return -2 * x


def nearly_twice_x(x):
    return 2 * x * (1 + 1e-8)


def twice_x_and_a_little(x):
    return 2 * x + 3e-7


def twice_x_to_three_digits(x):
    return 2 * x * (1 + 1e-3)


def one_entry_wrong(x):
    return 2 * x + np.eye(1, len(x), len(x) - 1)[0]


def twice_x_backwards(x):
    return 2 * x[::-1]


def twice_x_as_a_column(x):
    return 2 * x[:, np.newaxis]


def twice_x_with_a_nan(x):
    return np.where(np.arange(len(x)) == 1, np.nan, 2 * x)


def huge_nearly_twice_x(x):
    return 1e6 * nearly_twice_x(x)


def small_twice_x_to_five_digits(x):
    return 0.02 * x * (1 + 4e-6)


def tiny_twice_x(x):
    return 2e-9 * x


def minus_tiny_twice_x(x):
    return -2e-9 * x


def minus_faint_twice_x(x):
    return -2e-30 * x


def zeros(x):
    return np.zeros(np.shape(x))


def _claims(rng):
    network_loss, network_gradient, without_1_over_N, x = _network(rng)
    alike, point = np.array([0.5, 0.5, 0.5]), np.array([1.0, -2.0, 0.5])
    return [
        _claim(sum_of_squares, twice_x, point),
        _claim(sum_of_squares, minus_twice_x, point),
        _claim(sum_of_squares, one_entry_wrong, point),
        _claim(sum_of_squares, twice_x_backwards, point),
        _claim(sum_of_squares, twice_x_as_a_column, alike),
        _claim(sum_of_squares, nearly_twice_x, rng.normal(size=4)),
        _claim(sum_of_squares, twice_x_and_a_little, np.array([1.0, 0.001])),
        _claim(sum_of_squares, twice_x_to_three_digits, point),
        _claim(sum_of_squares, twice_x_to_three_digits, point, tolerance=1e-2),
        _claim(huge_sum_of_squares, huge_nearly_twice_x, point),
        _claim(small_sum_of_squares, small_twice_x_to_five_digits, point),
        _claim(constant, zeros, point),
        _claim(network_loss, network_gradient, x),
        _claim(network_loss, without_1_over_N, x),
        _claim(sum_of_squares, twice_x_with_a_nan, point, extreme=True),
        _claim(tiny_sum_of_squares, tiny_twice_x, point),
        _claim(tiny_sum_of_squares, minus_tiny_twice_x, point),
        _claim(faint_sum_of_squares, minus_faint_twice_x, point),
    ]


def _claim(g, gradient, x, tolerance=1e-6, extreme=False):
    return Case({"g": g, "gradient": gradient, "x": x, "tolerance": tolerance}, extreme)


# ---- Wrong ways. A rule says what to do with g, at(step), which is x moved by step in one entry, and h.


def _moved(x, i, step):
    x = x.astype(np.result_type(x, step, float))
    x[i] += step
    return x


def _entry_by_entry(rule):
    def differences(g, x, h):
        d = np.empty(x.shape)
        for i in np.ndindex(x.shape):
            d[i] = rule(g, lambda step, i=i: _moved(x, i, step), h)
        return d

    return differences


def _all_at_once(rule):
    return lambda g, x, h: rule(g, lambda step: x + step, h)


def _one_slope_for_all(rule):
    return lambda g, x, h: np.full(x.shape, rule(g, lambda step: x + step, h))


def _rows_at_once(rule):
    def differences(g, x, h):
        d = np.zeros(x.shape)
        for i in range(len(x)):
            d[i] = rule(g, lambda step, i=i: _moved(x, i, step), h)
        return d

    return differences


def _a_slope_a_row(rule):
    return lambda g, x, h: [rule(g, lambda step, i=i: _moved(x, i, step), h) for i in range(len(x))]


def _flattened(rule):
    return lambda g, x, h: _entry_by_entry(rule)(g, x.ravel(), h).reshape(x.shape)


def _flat_result(rule):
    return lambda g, x, h: _entry_by_entry(rule)(g, x.ravel(), h)


def _integer_result(rule):
    """`np.zeros_like(x)` is an integer array where x is one."""
    return lambda g, x, h: _entry_by_entry(rule)(g, x, h).astype(x.dtype)


def _integer_point(rule):
    """`x.copy()` is one as well, and `+= h` into it is cut off."""

    def moved(x, i, step):
        x = x.copy()
        x[i] = x[i] + step
        return x

    def differences(g, x, h):
        d = np.zeros(x.shape)
        for i in np.ndindex(x.shape):
            d[i] = rule(g, lambda step, i=i: moved(x, i, step), h)
        return d

    return differences


def _integer_both(rule):
    return lambda g, x, h: _integer_point(rule)(g, x, h).astype(x.dtype)


def _loops(rule):
    """The mistakes of the loop, which are the same whatever the rule."""
    at_once = (
        "All entries of `x` are moved together, so what comes out is *one* slope, the sum of all the partial derivatives. "
        "Entry $i$ of the gradient asks what happens when entry $i$ moves alone."
    )
    rows = (
        "`for i in range(len(x))` walks along the first axis only: of a matrix it moves whole rows. "
        "`np.ndindex(x.shape)` gives every index, whatever the shape."
    )
    flat = (
        "The loop runs over a flattened `x`. `g` is made for arrays of the shape of `x`, and so is the gradient: go back to "
        "that shape before you call `g`, and at the end."
    )
    integers = (
        "Right for floats. But where `x` holds integers, `np.zeros_like(x)` and `np.empty_like(x)` do so as well, and the "
        "slopes written into them are cut off to whole numbers. `np.empty(x.shape)` holds floats."
    )
    return [
        Mistake("all-at-once", _all_at_once(rule), at_once),
        Mistake("all-at-once", _one_slope_for_all(rule), at_once),
        Mistake("rows-at-once", _rows_at_once(rule), rows),
        Mistake("rows-at-once", _a_slope_a_row(rule), rows),
        Mistake("flattened", _flattened(rule), flat),
        Mistake("flattened", _flat_result(rule), flat),
        Mistake("integers", _integer_result(rule), integers),
    ]


def _integer_points(rule):
    """A real step into an array that holds integers; an imaginary one is lost in any case."""
    cut_off = (
        "Right for floats. But an array of integers, or a copy of one, holds integers only, and what is written into it is "
        "cut off to whole numbers: $3 + 0.1$ becomes 3. Work on `np.array(x, dtype=float)`."
    )
    return [
        Mistake("integers", _integer_point(rule), cut_off),
        Mistake("integers", _integer_both(rule), cut_off),
    ]


def _forward_rule(g, at, h):
    return (g(at(h)) - g(at(0))) / h


def _central_rule(g, at, h):
    return (g(at(h)) - g(at(-h))) / (2 * h)


def _complex_rule(g, at, h):
    return np.imag(g(at(1j * h))) / h


def _forward_in_place(step_back, here_once=False):
    """x is moved in place, and afterwards by step_back * h."""

    def differences(g, x, h):
        d, start = np.empty(x.shape), g(x)
        for i in np.ndindex(x.shape):
            here = start if here_once else g(x)
            x[i] += h
            d[i] = (g(x) - here) / h
            x[i] += step_back * h
        return d

    return differences


def _central_in_place(step_back):
    def differences(g, x, h):
        d = np.empty(x.shape)
        for i in np.ndindex(x.shape):
            x[i] += h
            above = g(x)
            x[i] -= 2 * h
            d[i] = (above - g(x)) / (2 * h)
            x[i] += step_back * h
        return d

    return differences


def _forward_of_one_array(g, x, h):
    """xp = x, and so both values are taken where xp has been moved to."""
    for i in np.ndindex(x.shape):
        x[i] += h
    return np.zeros(x.shape)


def _central_of_one_array(g, x, h):
    """xp = xm = x, moved up and down again before g is called."""
    for i in np.ndindex(x.shape):
        x[i] += h
        x[i] -= h
    return np.zeros(x.shape)


def _central_of_one_array_in_turn(g, x, h):
    d = np.empty(x.shape)
    for i in np.ndindex(x.shape):
        x[i] += h
        above = g(x)
        x[i] -= h
        d[i] = (above - g(x)) / (2 * h)
    return d


def _forward_copied_once(g, x, h):
    return _forward_in_place(0, here_once=True)(g, x.copy(), h)


def _central_copied_once(g, x, h):
    d, up, down = np.empty(x.shape), x.copy(), x.copy()
    for i in np.ndindex(x.shape):
        up[i] += h
        down[i] -= h
        d[i] = (g(up) - g(down)) / (2 * h)
    return d


def _central_half_way_back(g, x, h):
    """x += h, then x -= h: the second point is x itself."""
    return forward_difference(g, x, h) / 2


def _complex_not_restored(g, x, h):
    d, x = np.empty(x.shape), x.astype(complex)
    for i in np.ndindex(x.shape):
        x[i] += 1j * h
        d[i] = np.imag(g(x)) / h
    return d


def _complex_into_floats(g, x, h):
    return _integer_point(_complex_rule)(g, x.astype(float), h)


NOT_RESTORED = (
    "Each entry stays where its own turn has left it, so every later slope is measured at another point, and the caller's "
    "`x` is spoilt. Work on a copy, or keep the old value and put it back."
)
ONE_ARRAY = (
    "Both points are one and the same array: `xp = x` makes no copy, only a second name, so what moves the one moves the "
    "other, and the caller's `x` is spoilt. Make a float copy of `x`."
)
COPIED_ONCE = (
    "The copy is made once, before the loop, so each entry is still moved when the next one has its turn. Make a fresh copy "
    "for each entry."
)
RESTORED_BY_ARITHMETIC = (
    "Nearly. Moving away and back again leaves a rounding error behind: $0.3 + 0.1 - 0.1$ is not $0.3$ in floats, and the "
    "caller's `x` is changed. Keep the old value and put that back, or work on a copy."
)


def _forward_is_exact_for_squares(g, x, h, result):
    if g is not sum_of_squares or np.allclose(result, 2 * x + h, atol=1e-9):
        return None
    return (
        "For a sum of squares you can say by hand what must come out: $((x + h)^2 - x^2)/h = 2x + h$, entry by entry. "
        "Compare yours."
    )


def _central_is_exact_for_squares(g, x, h, result):
    if g is not sum_of_squares or np.allclose(result, 2 * x, atol=1e-9):
        return None
    return (
        "For a sum of squares you can say by hand what must come out: $((x + h)^2 - (x - h)^2)/2h = 2x$, entry by entry, "
        "whatever $h$ is. Compare yours."
    )


def _ratio_of(difference, size):
    """A relative error with another difference above, or another size below. 0/0 is 0."""

    def error(a, b):
        above, below = difference(a, b), size(a, b)
        return 0.0 if above == 0 and below == 0 else above / below

    return error


def _largest_difference(a, b):
    return np.max(np.abs(a - b))


def _largest_size(a, b):
    return np.maximum(np.max(np.abs(a)), np.max(np.abs(b)))


def _entry_by_entry_error(a, b):
    sizes = np.maximum(np.abs(a), np.abs(b))
    return np.max(np.abs(a - b) / np.where(sizes == 0, 1, sizes))


def _floored(floor):
    return lambda a, b: _largest_difference(a, b) / np.maximum(floor, _largest_size(a, b))


def _padded(epsilon):
    return lambda a, b: _largest_difference(a, b) / (_largest_size(a, b) + epsilon)


SMALL = [epsilon for epsilon in (*EPSILONS, 5e-4, 5e-5, 5e-6, 1e-18) if epsilon > 1e-25]  # below the line, against 0/0


def _verdict(fails):
    """A gradient check that looks at the claimed gradient and at the numeric one, and says no where `fails` does."""

    def check(g, gradient, x, tolerance):
        return not fails(gradient(x), central_difference(g, x), tolerance)

    return check


def _measured_by(derivative, h):
    """A gradient check that is right but for the step of its numeric derivative."""

    def check(g, gradient, x, tolerance):
        claimed = gradient(x)
        return claimed.shape == x.shape and relative_error(claimed, derivative(g, x, h)) <= tolerance

    return check


def _must_follow_the_error(g, gradient, x, tolerance, result):
    check = gradient_check(g, gradient, x, tolerance=tolerance)
    if check.agrees == bool(result):
        return None
    claimed = gradient(x)
    error = f"the relative error is {check.relative_error:.1e}, the tolerance {tolerance:.0e}"
    shapes = f"the claimed gradient has shape {claimed.shape}, `x` has shape {x.shape}"
    return f"Your check says `{bool(result)}` for the gradient below, where {shapes if claimed.shape != x.shape else error}."


def _broadcast_error(a, b):
    return _ratio_of(_largest_difference, _largest_size)(a, b)


def _judged_by(error):
    return _verdict(lambda a, b, tolerance: a.shape != b.shape or not (error(a, b) <= tolerance))


EXERCISES = [
    Exercise(
        id="3_1.forward_difference",
        title="Forward difference",
        minutes=8,
        level=2,
        reference=forward_difference,
        steps=r"""
            unit_steps = np.eye(x.size).reshape(-1, *x.shape)                # $e_i$ for each entry $i$: 1 in its place, 0 elsewhere
            here = g(x)                                                      # $g(x)$
            above = np.reshape([g(x + h * e) for e in unit_steps], x.shape)  # $g(x + h e_i)$, one number for each entry $i$
            rise = above - here                                              # $g(x + h e_i) - g(x)$
            slopes = rise / h                                                # $\frac{g(x + h e_i) - g(x)}{h}$
        """,
        inputs=_points,
        mistakes=[
            Mistake(
                "no-division",
                _entry_by_entry(lambda g, at, h: g(at(h)) - g(at(0))),
                "That is how far `g` *moves*. A slope is that, divided by the step $h$.",
            ),
            Mistake(
                "sign",
                _entry_by_entry(lambda g, at, h: (g(at(0)) - g(at(h))) / h),
                "Here minus there: every entry has the wrong sign. A slope is (after $-$ before) over the step.",
            ),
            Mistake(
                "backward",
                _entry_by_entry(lambda g, at, h: (g(at(0)) - g(at(-h))) / h),
                "That is a *backward* difference: you step to $x - h$. It is as good as the forward one, with an error of the "
                "opposite sign; asked is the step to $x + h$.",
            ),
            Mistake(
                "central",
                central_difference,
                "That is the *central* difference, which looks to both sides. It is better, and it is your next exercise.",
            ),
            Mistake(
                "no-2",
                lambda g, x, h: forward_difference(g, x, h) / 2,
                "You divide by $2h$, but the two points lie only $h$ apart.",
            ),
            Mistake(
                "precedence",
                _entry_by_entry(lambda g, at, h: g(at(h)) - g(at(0)) / h),
                "`a - b / h` divides only the second value. The whole difference belongs over $h$: mind the brackets.",
            ),
            Mistake(
                "relative-step",
                lambda g, x, h: _entry_by_entry(lambda g, at, h: (g(at(h)) - g(at(0))) / h)(
                    lambda t: g(t * x), np.ones(x.shape), h
                ),
                "You move entry $i$ by $h x_i$ and divide by $h$: that makes $x_i$ times the slope, and 0 where $x_i = 0$. "
                "*Add* $h$.",
            ),
            *_loops(_forward_rule),
            *_integer_points(_forward_rule),
            Mistake("not-restored", _forward_in_place(0), NOT_RESTORED),
            Mistake("not-restored", _forward_in_place(0, here_once=True), NOT_RESTORED),
            Mistake("not-restored", _forward_of_one_array, ONE_ARRAY),
            Mistake("not-restored", _forward_copied_once, COPIED_ONCE),
            Mistake("restored-by-arithmetic", _forward_in_place(-1), RESTORED_BY_ARITHMETIC),
            Mistake("restored-by-arithmetic", _forward_in_place(-1, here_once=True), RESTORED_BY_ARITHMETIC),
        ],
        accepts=[
            _entry_by_entry(_forward_rule),
            lambda g, x, h: np.reshape([(g(x + h * e.reshape(x.shape)) - g(x)) / h for e in np.eye(x.size)], x.shape),
            lambda g, x, h: _entry_by_entry(_forward_rule)(g, x, h).tolist(),
        ],
        hints=[
            "One entry at a time: how much does `g` grow when only `x[i]` grows by `h`, and how much is that per unit of `h`?",
            "`for i in np.ndindex(x.shape):` visits every index of an array of any shape, and `x[i]` and `d[i]` take such an "
            "index.",
            "Make a float copy of `x` inside the loop, add `h` to its entry `i`, call `g` on it; take `g(x)` off and divide. "
            "The slopes go into an array of the shape of `x`.",
        ],
        notice="$n$ entries cost $n + 1$ calls of `g`. That is why nobody trains with it: 2(b)'s formula has all the entries "
        "for the price of about two.",
        laws=[_forward_is_exact_for_squares],
    ),
    Choice(
        id="3_1.halving",
        title="Half the step",
        minutes=1,
        level=2,
        question="g(x) = x³ at x = 2, where the slope is 12. You halve h. What happens to the error of the central difference?",
        options=[
            Option(
                "half",
                "It halves",
                "So it is for the *forward* difference, whose error is proportional to $h$. To both sides, the terms in $h$ "
                "cancel.",
            ),
            Option("quarter", "It becomes a quarter"),
            Option(
                "gone",
                "There is none: central differences are exact",
                "For a parabola they are. A cube has a third derivative, and $\\frac{(x+h)^3 - (x-h)^3}{2h} = 3x^2 + h^2$.",
            ),
            Option(
                "same",
                "It stays: it is rounding",
                "Rounding comes in with tiny steps only. At ordinary steps the error is what the straight line misses of the "
                "curve.",
            ),
        ],
        right="quarter",
        hints=[
            "Multiply $(x + h)^3$ and $(x - h)^3$ out, and take the difference.",
            "It is $6x^2h + 2h^3$. Divide by $2h$.",
            "$3x^2 + h^2$. The slope is $3x^2$, so what is the error?",
        ],
        notice="The error is exactly $h^2$ here, and $\\frac{h^2}{6}g'''$ in general: ten times smaller a step gives two digits "
        "more.",
    ),
    Exercise(
        id="3_1.central_difference",
        title="Central difference",
        minutes=5,
        level=2,
        reference=central_difference,
        steps=r"""
            unit_steps = np.eye(x.size).reshape(-1, *x.shape)                # $e_i$ for each entry $i$: 1 in its place, 0 elsewhere
            above = np.reshape([g(x + h * e) for e in unit_steps], x.shape)  # $g(x + h e_i)$, one number for each entry $i$
            below = np.reshape([g(x - h * e) for e in unit_steps], x.shape)  # $g(x - h e_i)$
            rise = above - below                                             # $g(x + h e_i) - g(x - h e_i)$
            slopes = rise / (2 * h)                                          # $\frac{g(x + h e_i) - g(x - h e_i)}{2h}$
        """,
        inputs=_points,
        mistakes=[
            Mistake(
                "one-sided",
                forward_difference,
                "That looks to one side only, a forward difference. Step to $x - h$ as well.",
            ),
            Mistake(
                "one-sided",
                _entry_by_entry(lambda g, at, h: (g(at(0)) - g(at(-h))) / h),
                "That looks to one side only, a backward difference. Step to $x + h$ as well.",
            ),
            Mistake(
                "half-way-back",
                _central_half_way_back,
                "From $x + h$ you go back by $h$, which is $x$ again. The other point lies $2h$ back, at $x - h$.",
            ),
            Mistake(
                "no-2",
                _entry_by_entry(lambda g, at, h: (g(at(h)) - g(at(-h))) / h),
                "Twice too large: from $x - h$ to $x + h$ it is $2h$, and you divide by $h$.",
            ),
            Mistake(
                "precedence",
                _entry_by_entry(lambda g, at, h: (g(at(h)) - g(at(-h))) / 2 * h),
                "`a / 2 * h` divides by 2 and then *multiplies* by $h$. Write `a / (2 * h)`.",
            ),
            Mistake(
                "precedence",
                _entry_by_entry(lambda g, at, h: g(at(h)) - g(at(-h)) / (2 * h)),
                "`a - b / (2 * h)` divides only the second value. The whole difference belongs over $2h$.",
            ),
            Mistake(
                "no-division",
                _entry_by_entry(lambda g, at, h: g(at(h)) - g(at(-h))),
                "That is how far `g` *moves* from the one point to the other. Divide by the way between them.",
            ),
            Mistake(
                "sum-for-difference",
                _entry_by_entry(lambda g, at, h: (g(at(h)) + g(at(-h))) / (2 * h)),
                "The two values are added. Their *difference* is what the slope makes.",
            ),
            Mistake(
                "half-step",
                lambda g, x, h: central_difference(g, x, h / 2),
                "A good central difference, of step $h/2$: your points are $x \\pm h/2$. Asked are $x \\pm h$, and $2h$ below.",
            ),
            Mistake(
                "half-step",
                lambda g, x, h: central_difference(g, x, h / 2) / 2,
                "Your points are $x \\pm h/2$, only $h$ apart, and you divide by $2h$. Asked are $x \\pm h$.",
            ),
            *_loops(_central_rule),
            *_integer_points(_central_rule),
            Mistake("not-restored", _central_in_place(0), NOT_RESTORED),
            Mistake("not-restored", _central_of_one_array, ONE_ARRAY),
            Mistake("not-restored", _central_of_one_array_in_turn, ONE_ARRAY),
            Mistake("not-restored", _central_copied_once, COPIED_ONCE),
            Mistake("restored-by-arithmetic", _central_in_place(1), RESTORED_BY_ARITHMETIC),
        ],
        accepts=[
            _entry_by_entry(_central_rule),
            _entry_by_entry(lambda g, at, h: 0.5 * (g(at(h)) - g(at(-h))) / h),
            lambda g, x, h: (forward_difference(g, x, h) - forward_difference(lambda t: g(-t), -x, h)) / 2,
            lambda g, x, h: np.reshape(
                [(g(x + h * e.reshape(x.shape)) - g(x - h * e.reshape(x.shape))) / (2 * h) for e in np.eye(x.size)],
                x.shape,
            ),
        ],
        hints=[
            "Take your forward difference, and replace the value at $x$ by the value at $x - h$.",
            "Two copies for each entry, one moved up and one moved down. How far apart are the two points?",
            "They are `2 * h` apart. Put it in brackets: `/ 2 * h` is something else.",
        ],
        notice="The terms in $h$ cancel between the two sides, so the error is of the size of $h^2$. The price is $2n$ calls "
        "for $n$ entries, instead of $n + 1$.",
        laws=[_central_is_exact_for_squares],
    ),
    Choice(
        id="3_1.best_step",
        title="The best step",
        minutes=1,
        level=2,
        question="Forward differences in float64, of a loss of about 1. Which of these steps gives the most digits?",
        options=[
            Option(
                "large",
                "h = 10⁻²",
                "The line misses the curve by about $h$, so only two digits are right there.",
            ),
            Option("middle", "h = 10⁻⁸"),
            Option(
                "small",
                "h = 10⁻¹⁵: the smaller, the closer to the limit",
                "In exact arithmetic, yes. In float64 the two values agree in all but their last digit or so, and the "
                "difference is mostly rounding.",
            ),
            Option(
                "any",
                "It makes no difference below 10⁻⁶",
                "It does: there are two errors, one falling with $h$ and one growing as $h$ shrinks.",
            ),
        ],
        right="middle",
        hints=[
            "There are two errors. What the line misses of the curve is about $h$.",
            "And the two values are rounded, to about $10^{-16}$ each. What does dividing by $h$ do to that?",
            "$h + 10^{-16}/h$. Where is it smallest?",
        ],
        notice="$h + \\varepsilon/h$ is smallest where both are equal, at $h = \\sqrt\\varepsilon \\approx 10^{-8}$, and then "
        "only half of the 16 digits are right.",
    ),
    Exercise(
        id="3_1.complex_step",
        title="The complex step",
        minutes=5,
        level=3,
        reference=complex_step,
        steps=r"""
            unit_steps = np.eye(x.size).reshape(-1, *x.shape)                      # $e_i$ for each entry $i$: 1 in its place, 0 elsewhere
            values = np.reshape([g(x + 1j * h * e) for e in unit_steps], x.shape)  # $g(x + ih e_i)$, one number for each entry $i$
            imaginary = np.imag(values)                                            # its imaginary part
            slopes = imaginary / h                                                 # $\frac1h\,\mathrm{Im}\,g(x + ih e_i)$
        """,
        inputs=_points_and_tiny_steps,
        mistakes=[
            Mistake(
                "real-part",
                _entry_by_entry(lambda g, at, h: np.real(g(at(1j * h))) / h),
                "The real part is $g(x)$ itself, nearly. The slope is in the *imaginary* part.",
            ),
            Mistake(
                "no-division",
                _entry_by_entry(lambda g, at, h: np.imag(g(at(1j * h)))),
                "The imaginary part is $h$ times the slope. Divide by $h$.",
            ),
            Mistake(
                "two-h",
                lambda g, x, h: complex_step(g, x, h) / 2,
                "You divide by $2h$. There is one step here, of size $h$.",
            ),
            Mistake(
                "absolute-value",
                _entry_by_entry(lambda g, at, h: np.abs(g(at(1j * h))) / h),
                "`abs` of a complex number is its length, real part and all. Take its imaginary part.",
            ),
            Mistake(
                "stays-complex",
                lambda g, x, h: complex_step(g, x, h) + 0j,
                "The values are right, and they sit in a complex array. The gradient is real: make the result an array of "
                "floats.",
            ),
            Mistake(
                "real-difference",
                lambda g, x, h: forward_difference(g, x, h),
                "That is the forward difference, with a real step: for a tiny $h$ it is 0. Step along the *imaginary* axis, "
                "$x + ih$.",
            ),
            Mistake(
                "imaginary-lost",
                _complex_into_floats,
                "The imaginary step was lost: written into an array of floats, a complex number keeps its real part only "
                "(or the step was real all along). Copy `x` as a complex array first.",
            ),
            Mistake(
                "not-restored",
                _complex_not_restored,
                "The imaginary part of an entry stays where it is when the next one gets its own, so your slopes add up. Begin "
                "each entry with a fresh copy.",
            ),
            *_loops(_complex_rule),
        ],
        accepts=[
            _entry_by_entry(_complex_rule),
            _entry_by_entry(lambda g, at, h: g(at(1j * h)).imag / h),
            lambda g, x, h: np.reshape(
                [np.imag(g(x + 1j * h * e.reshape(x.shape))) / h for e in np.eye(x.size)], x.shape
            ),
        ],
        hints=[
            "The same loop again, and only one point for each entry: $x$ with $ih$ added to entry $i$.",
            "`1j` is Python's $i$. The copy has to be a complex array, or the imaginary part has nowhere to go.",
            "`x.astype(complex)` makes such a copy, `.imag` takes the imaginary part of what `g` returns, and one division "
            "is left.",
        ],
        notice="Nothing is subtracted, so nothing cancels: $h$ may be $10^{-200}$, and nearly all the digits are right.",
    ),
    Exercise(
        id="3_1.relative_error",
        title="Relative error",
        minutes=5,
        level=2,
        reference=relative_error,
        steps=r"""
            gaps = np.abs(a - b)                                           # $|a_i - b_i|$
            difference = np.max(gaps)                                      # $\max_i |a_i - b_i|$
            size = np.maximum(np.max(np.abs(a)), np.max(np.abs(b)))        # the largest entry of both, $\max(|a|, |b|)$
            error = 0.0 if difference == size == 0 else difference / size  # their ratio, and 0 where $a = b = 0$
        """,
        inputs=_pairs,
        mistakes=[
            Mistake(
                "absolute-error",
                _largest_difference,
                "That is the *absolute* error. $10^{-6}$ is nothing beside a gradient of size 1, and everything beside one of "
                "size $10^{-6}$: divide by the size.",
            ),
            Mistake(
                "floor",
                _floored(1),
                "`max(1, ...)` below the line makes it an absolute error as soon as the gradient is smaller than 1: the wrong "
                "gradient of a small function passes. Leave the 1 out.",
            ),
            *(
                Mistake(
                    "epsilon",
                    formula(epsilon),
                    "The small number below the line, there against 0/0, swallows gradients that are as small themselves. Treat "
                    "the one case $a = b = 0$ apart.",
                )
                for formula in (_floored, _padded)
                for epsilon in SMALL
            ),
            Mistake(
                "zero-by-zero",
                lambda a, b: _largest_difference(a, b) / _largest_size(a, b),
                "Right, but for $a = b = 0$ it is 0/0, `nan`. Two zeros agree: their error is 0.",
            ),
            Mistake(
                "no-abs",
                _ratio_of(lambda a, b: np.max(a - b), _largest_size),
                "Without `abs` above the line, an `a` that is too *small* everywhere has an error below 0, and passes.",
            ),
            Mistake(
                "no-abs",
                _ratio_of(lambda a, b: np.abs(np.max(a - b)), _largest_size),
                "`abs` comes too late: `np.max(a - b)` has already overlooked where `a` is too small. First `abs`, then `max`.",
            ),
            Mistake(
                "no-abs-below",
                _ratio_of(_largest_difference, lambda a, b: max(np.max(a), np.max(b))),
                "The size below the line wants `abs` as well: $-5$ is larger than 2 here.",
            ),
            Mistake(
                "mean",
                _ratio_of(lambda a, b: np.mean(np.abs(a - b)), _largest_size),
                "You average the differences. One wrong entry among a thousand right ones then hardly shows: take the largest.",
            ),
            Mistake(
                "mean",
                _ratio_of(
                    lambda a, b: np.mean(np.abs(a - b)), lambda a, b: max(np.mean(np.abs(a)), np.mean(np.abs(b)))
                ),
                "You average. One wrong entry among a thousand right ones then hardly shows: take the largest.",
            ),
            Mistake(
                "sum-of-sizes",
                _ratio_of(_largest_difference, lambda a, b: np.max(np.abs(a)) + np.max(np.abs(b))),
                "You divide by the *sum* of the two sizes. That measure is used, too, and is half as large; asked is the larger "
                "of the two.",
            ),
            Mistake(
                "sum-of-sizes",
                _ratio_of(_largest_difference, lambda a, b: np.max(np.abs(a) + np.abs(b))),
                "You divide by the *sum* of the two sizes. That measure is used, too, and is half as large; asked is the larger "
                "of the two.",
            ),
            Mistake(
                "one-size-only",
                _ratio_of(_largest_difference, lambda a, b: np.max(np.abs(a))),
                "You divide by the size of `a` alone. Then the error of (a, b) is not that of (b, a). Take the larger size.",
            ),
            Mistake(
                "one-size-only",
                _ratio_of(_largest_difference, lambda a, b: np.max(np.abs(b))),
                "You divide by the size of `b` alone. Then the error of (a, b) is not that of (b, a). Take the larger size.",
            ),
            Mistake(
                "entry-by-entry",
                _entry_by_entry_error,
                "You divide entry by entry. An entry that should be 0 then has an error of 1 from rounding alone, $10^{-9}$ "
                "against 0. Take the two maxima first, and divide once.",
            ),
            Mistake(
                "entry-by-entry",
                lambda a, b: np.max(np.abs(a - b) / np.maximum(np.abs(a), np.abs(b))),
                "You divide entry by entry. An entry that should be 0 then has an error of 1 from rounding alone, and 0/0 is "
                "`nan`. Take the two maxima first, and divide once.",
            ),
            *(
                Mistake(
                    "entry-by-entry",
                    lambda a, b, epsilon=epsilon, below=below: np.max(
                        np.abs(a - b) / below(np.abs(a), np.abs(b), epsilon)
                    ),
                    "You divide entry by entry, as some courses do. An entry that should be 0 then has a large error from rounding "
                    "alone, and the small number below the line, there against that, hides what is as small. Take the two maxima "
                    "first, and divide once.",
                )
                for epsilon in (0, *SMALL)
                for below in (
                    lambda a, b, epsilon: np.maximum(epsilon, a + b),
                    lambda a, b, epsilon: a + b + epsilon,
                    lambda a, b, epsilon: np.maximum(epsilon, np.maximum(a, b)),
                    lambda a, b, epsilon: np.maximum(a, b) + epsilon,
                )
            ),
            *(
                Mistake(
                    "smaller-size",
                    _ratio_of(_largest_difference, below),
                    "You divide by the *smaller* size. If one of the two gradients is 0, the error is infinite, however small the "
                    "other is. Take the larger.",
                )
                for below in (
                    lambda a, b: np.minimum(np.max(np.abs(a)), np.max(np.abs(b))),
                    lambda a, b: np.min(np.maximum(np.abs(a), np.abs(b))),
                    lambda a, b: np.minimum(np.min(np.abs(a)), np.min(np.abs(b))),
                )
            ),
            Mistake(
                "norms",
                _ratio_of(lambda a, b: np.linalg.norm(a - b), lambda a, b: np.linalg.norm(a) + np.linalg.norm(b)),
                "That is the measure with *norms*, a fine one, too; it is a little more forgiving of one wrong entry among "
                "many. Asked is the largest entry.",
            ),
            Mistake(
                "norms",
                _ratio_of(lambda a, b: np.linalg.norm(a - b), lambda a, b: max(np.linalg.norm(a), np.linalg.norm(b))),
                "That is the measure with *norms*, a fine one, too; it is a little more forgiving of one wrong entry among "
                "many. Asked is the largest entry.",
            ),
            Mistake(
                "nan-passes",
                _ratio_of(
                    lambda a, b: np.nanmax(np.abs(a - b)), lambda a, b: max(np.nanmax(np.abs(a)), np.nanmax(np.abs(b)))
                ),
                "A NaN gets an error of 0 here, and passes: `nanmax` looks past it, `nan_to_num` makes a 0 of it, and `m > 0` "
                "is false for it. Treat only $a = b = 0$ apart, and a NaN comes out as a NaN.",
            ),
            Mistake(
                "percent",
                lambda a, b: 100 * relative_error(a, b),
                "In per cent. Asked is the plain ratio.",
            ),
        ],
        accepts=[
            _ratio_of(_largest_difference, _largest_size),
            lambda a, b: (
                0.0 if not np.any(a) and not np.any(b) else np.abs(a - b).max() / max(np.abs(a).max(), np.abs(b).max())
            ),
            lambda a, b: np.abs(a - b).max() / (max(np.abs(a).max(), np.abs(b).max()) or 1.0),
            lambda a, b: np.max(np.abs(a - b)) / max(np.max(np.abs(a)), np.max(np.abs(b)), 1e-300),
        ],
        hints=[
            "Above the line stands the largest difference, below it the largest entry of both. `np.abs` comes before `np.max` "
            "each time.",
            "`np.max(np.abs(a))` is one of the two sizes; the larger of them goes below.",
            "If the difference and the size are both 0, return 0.0. Do not add anything to the size to avoid it.",
        ],
        notice="It has no unit and no scale: multiply both gradients by 1000, and it stays. A NaN anywhere comes out as NaN.",
    ),
    Exercise(
        id="3_1.gradient_check",
        title="Gradient check",
        minutes=6,
        level=2,
        reference=lambda g, gradient, x, tolerance: gradient_check(g, gradient, x, tolerance=tolerance).agrees,
        steps=r"""
            claimed = gradient(x)                                               # the gradient that is claimed
            numeric = central_difference(g, x)                                  # the one that is measured
            same_shape = claimed.shape == x.shape                               # whether the claimed one has the shape of $x$
            error = relative_error(claimed, numeric) if same_shape else np.nan  # the relative error of the two
            agrees = same_shape and error <= tolerance                          # whether it is small enough; no NaN is
        """,
        inputs=_claims,
        mistakes=[
            Mistake(
                "nan-passes",
                _verdict(lambda a, b, tolerance: a.shape != b.shape or _broadcast_error(a, b) > tolerance),
                "A NaN passes: every comparison with it is false, so `error > tolerance` never finds it. Ask it the other way "
                "round: is `error <= tolerance`?",
            ),
            Mistake(
                "no-shapes",
                _verdict(lambda a, b, tolerance: not (_broadcast_error(a, b) <= tolerance)),
                "A gradient of shape $(3, 1)$ passes for an `x` of shape $(3,)$: NumPy stretches both to $(3, 3)$ before it "
                "subtracts. Compare the shapes first.",
            ),
            Mistake(
                "no-shapes",
                lambda g, gradient, x, tolerance: relative_error(gradient(x), central_difference(g, x)) <= tolerance,
                "`relative_error` refuses two shapes, and your check stops. Another shape is an answer as well: it does not "
                "agree. Compare the shapes first.",
            ),
            Mistake(
                "no-shapes",
                _verdict(lambda a, b, tolerance: _broadcast_error(a, b) > tolerance),
                "A gradient of shape $(3, 1)$ passes for an `x` of shape $(3,)$, and one with a NaN passes as well. Compare the "
                "shapes first, and then ask whether `error <= tolerance`.",
            ),
            Mistake(
                "floor",
                _judged_by(_floored(1)),
                "A tiny gradient with the wrong sign passes: what stands below the line, a 1 perhaps, is larger than both "
                "gradients, and makes the error an absolute one. Use `relative_error`.",
            ),
            *(
                Mistake(
                    "epsilon",
                    _judged_by(formula(epsilon)),
                    "The small number below the line, there against 0/0, swallows gradients that are as small themselves: one of "
                    "$10^{-30}$ passes with the wrong sign. Treat the one case $a = b = 0$ apart, as `relative_error` does.",
                )
                for formula in (_floored, _padded)
                for epsilon in (1e-2, 1e-3, 1e-4, 1e-6, 1e-8, 1e-10, 1e-15, 1e-20)
            ),
            Mistake(
                "absolute-error",
                _judged_by(_largest_difference),
                "A tiny gradient with the wrong sign passes: you look at the absolute error. Use `relative_error`.",
            ),
            *(
                Mistake(
                    "entry-by-entry",
                    _judged_by(lambda a, b, epsilon=epsilon: np.max(np.abs(a - b) / (np.abs(a) + np.abs(b) + epsilon))),
                    "You divide entry by entry, so one small entry decides. The measure here is relative to the *largest* entry: "
                    "use `relative_error`.",
                )
                for epsilon in (0, 1e-12, 1e-8)
            ),
            Mistake(
                "entry-by-entry",
                _verdict(lambda a, b, tolerance: a.shape != b.shape or not np.allclose(a, b, rtol=tolerance, atol=0)),
                "`allclose` compares entry by entry, so one small entry decides. The measure here is relative to the *largest* "
                "entry: use `relative_error`.",
            ),
            Mistake(
                "entry-by-entry",
                _verdict(lambda a, b, tolerance: not np.allclose(a, b, rtol=tolerance, atol=0)),
                "`allclose` stretches shapes, so $(3, 1)$ passes for $(3,)$; and it compares entry by entry, so one small "
                "entry decides. Compare the shapes, then use `relative_error`.",
            ),
            Mistake(
                "entry-by-entry",
                _verdict(
                    lambda a, b, tolerance: (
                        a.shape != b.shape or not np.max(np.abs(a - b) / np.maximum(np.abs(a), np.abs(b))) <= tolerance
                    )
                ),
                "You divide entry by entry, so one small entry decides, and 0/0 is `nan`. The measure here is relative to the "
                "*largest* entry: use `relative_error`.",
            ),
            Mistake(
                "allclose",
                _verdict(lambda a, b, tolerance: a.shape != b.shape or not np.allclose(a, b)),
                "`np.allclose` forgives an absolute error of $10^{-8}$ unless it is told otherwise, so a tiny gradient with the "
                "wrong sign passes. Use `relative_error`.",
            ),
            Mistake(
                "allclose",
                _verdict(lambda a, b, tolerance: not np.allclose(a, b)),
                "`np.allclose` stretches shapes, so $(3, 1)$ passes for $(3,)$; and it forgives an absolute error of $10^{-8}$, "
                "so a tiny gradient with the wrong sign passes. Compare the shapes, then use `relative_error`.",
            ),
            Mistake(
                "allclose",
                _verdict(lambda a, b, tolerance: a.shape != b.shape or not np.allclose(a, b, rtol=tolerance)),
                "`np.allclose` forgives an absolute error of $10^{-8}$ on top of `rtol`, so a tiny gradient with the wrong sign "
                "passes. Use `relative_error`.",
            ),
            Mistake(
                "exact-equality",
                _verdict(lambda a, b, tolerance: not np.array_equal(a, b)),
                "You ask for equality. The numeric derivative is rounded, so even a right gradient differs in its last digits.",
            ),
            *(
                Mistake(
                    "rough-derivative",
                    _measured_by(derivative, h),
                    "Your comparison is fine, what it compares with is not: with so large a step the numeric derivative "
                    "itself is off by more than the tolerance, and a *right* gradient is turned down. Take central "
                    "differences with a step near $10^{-5}$.",
                )
                for derivative, h in ((central_difference, 1e-2), (forward_difference, 1e-4))
            ),
            Mistake(
                "mean",
                _judged_by(lambda a, b: abs(np.mean(a - b))),
                "The differences are averaged, and their signs cancel. Use `relative_error`.",
            ),
            Mistake(
                "upside-down",
                lambda g, gradient, x, tolerance: not gradient_check(g, gradient, x, tolerance=tolerance).agrees,
                "Your answer is upside down: `True` means that the two agree.",
            ),
            Mistake(
                "any-entry",
                _verdict(lambda a, b, tolerance: a.shape != b.shape or not np.any(np.abs(a - b) <= tolerance)),
                "One entry that agrees is enough for you. *All* must agree, and that is what a largest error is for.",
            ),
            Mistake(
                "hands-back-the-error",
                lambda g, gradient, x, tolerance: gradient_check(g, gradient, x, tolerance=tolerance).relative_error,
                "That is the error. Asked is the verdict, `True` or `False`: is it within the tolerance?",
            ),
        ],
        accepts=[
            _verdict(lambda a, b, tolerance: a.shape != b.shape or not (_broadcast_error(a, b) <= tolerance)),
            lambda g, gradient, x, tolerance: (
                np.shape(gradient(x)) == np.shape(x)
                and relative_error(gradient(x), central_difference(g, x)) <= tolerance
            ),
            lambda g, gradient, x, tolerance: (
                np.shape(gradient(x)) == x.shape and bool(relative_error(gradient(x), complex_step(g, x)) <= tolerance)
            ),
        ],
        hints=[
            "Three steps: the numeric gradient of `g` at `x`, the claimed one, and a comparison.",
            "Shapes before values: what should come out when the claimed gradient has another shape than `x`?",
            "Then your `relative_error` of the two, and whether it is `<= tolerance`. Write it so that a NaN gives `False`.",
        ],
        notice="Shapes first, values second, and a comparison that a NaN cannot pass: these three lines are better than many "
        "a checker in use.",
        laws=[_must_follow_the_error],
    ),
    Choice(
        id="3_1.tiny_weights",
        title="Tiny weights",
        minutes=1,
        level=2,
        question="The weights of the test network are about 10⁻⁴. The rule is |a − n| / max(1, |a|, |n|) < 10⁻⁵. "
        "Your dJ/dx has the wrong sign. What does the check say?",
        options=[
            Option(
                "fails",
                "It fails: a wrong sign is an error of 200 %",
                "It is, *relative to the gradient*. But the gradient is tiny here, and below the line there stands a 1.",
            ),
            Option("passes", "It passes"),
            Option(
                "noise",
                "It fails, and so would the right gradient: all is rounding",
                "The rounding is about $10^{-11}$, far below the $10^{-5}$ of the rule.",
            ),
        ],
        right="passes",
        hints=[
            "How large is $dJ/dx$ when both weight matrices are of size $10^{-4}$?",
            "Two factors of $10^{-4}$, so at most about $10^{-8}$. And the difference of $a$ and $n = -a$ is twice that.",
            "$2 \\cdot 10^{-8} / \\max(1, \\ldots)$, compared with $10^{-5}$.",
        ],
        notice="$dJ/dx$ is about $10^{-8}$ there, so *anything* of that size passes, 0 included. Test with weights of size 1.",
    ),
    Choice(
        id="3_1.one_row",
        title="One row",
        minutes=1,
        level=1,
        question="The test batch has a single row. Which of these wrong gradients passes?",
        options=[
            Option(
                "sign",
                "(y − y_hat) / N",
                "A sign is a sign for one row, too: the numeric derivative points the other way.",
            ),
            Option("no-mean", "y_hat − y, without the 1/N"),
            Option(
                "double",
                "2 (y_hat − y) / N",
                "A factor of 2 is as wrong for one row as for a hundred.",
            ),
            Option(
                "diagonal",
                "−y (1 − y_hat) / N",
                "It is 0 for every class but the true one, and one row is enough to see that.",
            ),
        ],
        right="no-mean",
        hints=[
            "Put $N = 1$ into each of them.",
            "Which one becomes $\\hat y - y$?",
            "A factor $1/N$ that is missing is a factor 1.",
        ],
        notice="With $N = 1$ every mistake about the mean is invisible: $1/N$ forgotten, taken twice, or taken of one term "
        "only.",
    ),
    Choice(
        id="3_1.negated",
        title="Both signs",
        minutes=1,
        level=2,
        question="Somebody lost the minus of the loss: J = +Σ y log y_hat, and from it derived y − y_hat. What does a gradient "
        "check of the two say?",
        options=[
            Option(
                "fails",
                "They differ: the sign of the gradient is wrong",
                "Wrong for *our* loss. It is the right gradient of theirs, and that is what the check compares it with.",
            ),
            Option("passes", "They agree"),
            Option(
                "zero",
                "They agree only where the gradient is 0",
                "Both changed sign, so they agree everywhere.",
            ),
        ],
        right="passes",
        hints=[
            "The check knows only the function it is given, and the gradient it is given.",
            "Is $y - \\hat y$ the derivative of $+\\sum y\\log\\hat y$?",
            "If $dJ/d\\theta = \\hat y - y$, then $d(-J)/d\\theta$ is its negative.",
        ],
        notice="A gradient check proves that loss and gradient belong *together*. It cannot know that the loss is the wrong one.",
    ),
    Sheet(
        id="3_1.unmask",
        title="What unmasks them",
        minutes=3,
        level=2,
        question="Each of the three networks breaks exactly one of these facts about a softmax classifier. Which one?",
        options=[
            ("positive", "J is never below 0"),
            ("rows", "each row of ŷ sums to 1"),
            ("sure", "θ = (20, 0, 0) gives ŷ₀ near 1"),
        ],
        rows=[
            Row(
                "negated",
                "**A.** $J = +\\sum_i y_i\\log\\hat y_i$ with $\\hat y = \\mathrm{softmax}(\\theta)$",
                "positive",
                feedback={
                    "rows": "Its $\\hat y$ is an ordinary softmax. Look at the loss.",
                    "sure": "Its $\\hat y$ is an ordinary softmax, and as sure as ours. Look at the loss.",
                },
                told="Every $\\log\\hat y_i$ is at most 0, so without the minus $J \\le 0$.",
            ),
            Row(
                "sigmoid-output",
                "**B.** $\\hat y = \\sigma(\\theta)$ with binary cross-entropy, class by class",
                "rows",
                feedback={
                    "positive": "Binary cross-entropy is a sum of $-\\log$ of numbers below 1: it is positive, too.",
                    "sure": "$\\sigma(20)$ is 1 to eight digits.",
                },
                told="$\\sigma(0) = \\frac12$ for each class: at $\\theta = 0$ a row of three sums to $\\frac32$.",
            ),
            Row(
                "softmax-of-sigmoid",
                "**C.** $\\hat y = \\mathrm{softmax}(\\sigma(\\theta))$ with cross-entropy",
                "sure",
                feedback={
                    "positive": "Its loss is an ordinary cross-entropy, which is never negative.",
                    "rows": "A softmax comes last, so its rows do sum to 1.",
                },
                told="Softmax gets numbers between 0 and 1 only, so no class is ever more than $e$ times as likely as another.",
            ),
        ],
        hints=[
            "Ask of each what its loss can be, and what comes out at the very end.",
            "A softmax at the end makes rows that sum to 1. Only one of the three has none.",
            "Which of the two that are left feeds its softmax with something that cannot be large?",
        ],
        notice="All three pass their own gradient check. A fact that needs no reference, checked once, finds each of them.",
    ),
]

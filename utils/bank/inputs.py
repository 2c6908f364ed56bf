"""The arguments of one check, drawn anew each time.

Every list begins with the small round examples of `examples.md`. Sizes are pairwise different (equal ones hide
transposes and factors) but in one case each, where nothing is stopped by its shape; batches have more than one row (one
row hides every 1/N), no two rows are labelled alike by design, and the last cases are as large as float64 allows a
careful answer to survive.
"""

from collections.abc import Callable, Iterable
from copy import deepcopy
from dataclasses import dataclass, replace
from functools import cache, partial, wraps
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from utils.bank.answers import Python
from utils.bank.formulas import KNOWN
from utils.bank.markdown import split
from utils.reference import input_gradient, loss, one_hot

Generator = np.random.Generator
ATOL = 1e-10  # with a relative 1e-9: wide enough for another order of the same products


@dataclass(frozen=True)
class Case:
    """One set of arguments by name. `extreme` marks the ones that only a numerically careful answer survives.

    atol: the absolute error that is forgiven; 0 where a tiny result has to be right to all its digits.
    """

    arguments: dict[str, Any]
    extreme: bool = False
    atol: float = ATOL

    def copies(self) -> dict[str, Any]:
        """The arguments, to be given away."""
        given = self.arguments.items()  # a copy of an array is made hundreds of times a check
        return {name: value.copy("K") if type(value) is np.ndarray else deepcopy(value) for name, value in given}

    @property
    def size(self) -> int:
        return sum(map(np.size, self.arguments.values()))


def cases(names: str, ordinary: Iterable = (), extreme: Iterable = (), atol: float = ATOL) -> list[Case]:
    """A case a row: its values, in the order of the names, or the value of a single name. A list is an array."""
    made = []
    for rows, is_extreme in ((ordinary, False), (extreme, True)):
        for row in rows:
            values = row if " " in names else [row]
            values = [np.array(value) if isinstance(value, list) else value for value in values]
            made.append(Case(dict(zip(names.split(), values, strict=True)), is_extreme, atol))
    return made


Draw = Callable[[Generator], list[Case]]


@cache
def _examples() -> dict[str, list[tuple[str, list]]]:
    """By the draws of `examples.md` their tables: the names of the arguments, and a row's values or its only one."""
    page, found = Python(Path(__file__).with_name("examples.md"), {"np": np, **vars(KNOWN)}), {}
    for draw, blocks in split(page.blocks(), "h2")[1:]:
        found[draw.text] = []
        for (_, (*names, _)), *rows in (table.items for table in blocks if table.kind == "table"):
            values = [[page.value(line, cell.strip("`")) for cell in cells if cell] for line, (*cells, _) in rows]
            found[draw.text].append((" ".join(names), values if len(names) > 1 else [value for (value,) in values]))
    return found


def _with_examples(draw: str, ordinary: Iterable, extreme: Iterable = ()) -> list[Case]:
    """The examples of a draw, with the rest of it in their empty rows and behind; of what is extreme they come last."""
    (names, first), *careful = _examples()[draw]
    drawn = iter(ordinary)
    shown = [row or next(drawn) for row in first]
    return cases(names, [*shown, *drawn], [*extreme, *(row for _, rows in careful for row in rows)])


def each_shape_again(draw: Draw) -> Draw:
    """The same cases, and the first single row and the first batch once more, with the first array moved back by one
    place within each row: an answer that keeps a result for the next input of that shape is right the first time only.
    """

    @wraps(draw)
    def drawn(rng: Generator) -> list[Case]:
        again: dict[int, Case] = {}
        for case in (cases := draw(rng)):
            arrays = ((name, value) for name, value in case.arguments.items() if np.ndim(value))
            for name, value in islice(arrays, 1):
                moved = {name: np.roll(value, -1, axis=-1)}
                again.setdefault(value.ndim, replace(case, arguments=case.arguments | moved))
        return [*cases, *again.values()]

    return drawn


def _of_axes(count: int, draw: Draw) -> Draw:
    return lambda rng: [case for case in draw(rng) if np.ndim(next(iter(case.arguments.values()))) == count]


single_rows, batches = partial(_of_axes, 1), partial(_of_axes, 2)  # draws of these alone


def labels_and_K(rng: Generator) -> list[Case]:
    N, K = _sizes(rng, 2)
    drawn = (rng.integers(0, K, N), K), (rng.integers(0, K, N + K), K + 1)
    return _with_examples("labels_and_K", drawn, [(rng.integers(0, K, K), K)])


def one_row(rng: Generator) -> list[Case]:
    return _with_examples("one_row", [rng.normal(0, 2, K) for K in (4, 5, 7)])


def logits(rng: Generator) -> list[Case]:
    N, K = _sizes(rng, 2)
    drawn = rng.normal(0, 2, K), rng.normal(0, 2, (N, K))
    return _with_examples("logits", drawn, [rng.normal(0, 2, (K, K)), *_large_logits(rng, N, K)])


def logits_and_temperature(rng: Generator) -> list[Case]:
    N, K = _sizes(rng, 2)
    drawn = (rng.normal(0, 2, K), 0.5), (rng.normal(0, 2, (N, K)), float(rng.uniform(1.5, 4)))
    extreme = [(rng.normal(0, 2, (K, K)), 1.5), ([12.0, 10.0, -3.0], 0.01)]
    large = [(theta, 3.0) for theta in _large_logits(rng, N, K)]
    return _with_examples("logits_and_temperature", drawn, extreme + large)


def probabilities_and_class(rng: Generator) -> list[Case]:
    drawn = [(rng.dirichlet(np.ones(K)), int(rng.integers(K))) for K in (5, 7)]
    return _with_examples("probabilities_and_class", drawn)


def targets_and_probabilities(rng: Generator) -> list[Case]:
    N, K = _sizes(rng, 2)
    even = np.ones(K)
    hard = _hard(rng, N, K), rng.dirichlet(even, N)
    soft = rng.dirichlet(even, N), rng.dirichlet(even, N)
    square = rng.dirichlet(even, K), rng.dirichlet(even, K)
    return _with_examples("targets_and_probabilities", [hard, soft], [square])


def logits_and_targets(rng: Generator) -> list[Case]:
    N, K = _sizes(rng, 2)
    hard = rng.normal(0, 2, (N, K)), _hard(rng, N, K)
    soft = rng.normal(0, 2, (N, K)), rng.dirichlet(np.ones(K), N)
    square = rng.normal(0, 2, (K, K)), rng.dirichlet(np.ones(K), K)
    large = [(theta, _unlikely(theta)) for theta in _large_logits(rng, N, K)]
    return _with_examples("logits_and_targets", [hard, soft], [square, *large])


def row_and_target(rng: Generator) -> list[Case]:
    hard = [(rng.normal(0, 2, K), np.eye(K)[rng.integers(K)]) for K in (4, 5)]
    return _with_examples("row_and_target", [*hard, (rng.normal(0, 2, 7), rng.dirichlet(np.ones(7)))])


def network_input_and_target(rng: Generator) -> list[Case]:
    N, *sizes = _sizes(rng, 4)
    D, H, K = map(int, rng.permutation(sizes))
    W1, b1 = np.array([[1.0, 0.0], [0.0, 1.0], [-1.0, 1.0]]), np.array([0.5, -0.5])
    W2, b2 = np.array([[1.0, 0.0, -1.0, 2.0], [0.0, 2.0, 1.0, -1.0]]), np.array([0.0, 0.5, -0.5, 1.0])
    x = np.array([[1.0, 0.0, -1.0], [0.0, 2.0, 1.0], [-1.0, 1.0, 0.0], [2.0, 0.0, 1.0], [0.0, -1.0, 1.0]])
    y = np.eye(4)[[1, 0, 3, 2, 1]]
    drawn, inputs = _parameters(rng, D, H, K), rng.normal(size=(N, D))
    hard, soft = _hard(rng, N, K), rng.dirichlet(np.ones(K), N)
    two, of_two = _hard(rng, N, 2), _parameters(rng, D, H, 2)
    square, squares = _parameters(rng, K, K, K), rng.normal(size=(K, K))  # where nothing is stopped by its shape
    small = W1, b1, W2, b2
    steep = W1, b1, 1e4 * W2, b2  # logits that exp does not hold
    faint = W1, b1 - 25, W2, b2  # units so flat that a numeric derivative is all noise
    ordinary = [
        *_row_and_batch(x, y, *small),
        (x[0], [0.0, 0.75, 0.25, 0.0], *small),
        *_row_and_batch(inputs, hard, *drawn),
        *_row_and_batch(inputs, soft, *drawn),
        *_row_and_batch(inputs, two, *of_two),
    ]
    extreme = [
        (x[:1], y[:1], *small),  # a batch of one is no single row
        *_row_and_batch(squares, soft[:K], *square),
        *_row_and_batch(1000 * x, y, *small),  # units at both ends
        *_row_and_batch(x, y, *steep),
    ]
    names, tiny = "x y W1 b1 W2 b2", _row_and_batch(x, y, *faint)
    return cases(names, ordinary, extreme) + cases(names, extreme=tiny, atol=1e-14)


def _row_and_batch(x: np.ndarray, y: np.ndarray, *parameters: np.ndarray) -> list[tuple]:
    return [(x[0], y[0], *parameters), (x, y, *parameters)]


def network_and_input(rng: Generator) -> list[Case]:
    """The same without targets."""
    drawn = network_input_and_target(rng)
    return [replace(case, arguments={n: v for n, v in case.arguments.items() if n != "y"}) for case in drawn]


TINIEST = 1e-300  # what is smaller than this has ever fewer digits, and is not asked for
LIMITS = (10, 15, 16, 20, 30, 32, 36, 40, 50, 60, 64, 88, 100, 200, 250, 300, 500, 600)  # of z, that people choose
BETWEEN_LIMITS = -np.add(LIMITS, (*LIMITS[1:], 690)) / 2  # where a cut at one differs from a cut at the next
NEARLY_ONE = [13.0, 18.0, 23.0]  # units at which a difference quotient is all rounding


def preactivations(rng):
    """Of one, two and three axes; then both tails, where a result is judged by all its digits however small it is."""
    drawn = (rng.normal(0, 2, shape) for shape in (4, (6, 5), (4, 2, 3)))
    tails = [[-30.0, -680.0, -690.0], [1000.0, 0.0, -1000.0], -rng.uniform(20, 690, (5, 4)), BETWEEN_LIMITS]
    wide = np.linspace(-1e4, 1e4, 12).reshape(3, 4)
    return _with_examples("preactivations", drawn) + cases("z", extreme=[*tails, wide], atol=TINIEST)


def preactivations_to_the_usual_digits(rng):
    nearly_one = cases("z", extreme=[NEARLY_ONE], atol=1e-14)
    return [*(Case(case.arguments, case.extreme) for case in preactivations(rng)), *nearly_one]


def hidden_values(rng):
    return _with_examples("hidden_values", [rng.uniform(0.05, 0.95, shape) for shape in (7, (6, 5))])


def row_and_hidden_layer(rng):
    drawn = [(rng.normal(size=D), rng.normal(size=(D, H)), rng.normal(size=H)) for D, H in ((4, 6), (7, 5))]
    return _with_examples("row_and_hidden_layer", drawn)


def sizes(rng):
    primes = (5, 7, 11, 13, 17, 19, 23, 29, 31, 37)  # so that no two counts meet
    return _with_examples("sizes", [tuple(map(int, rng.permutation(primes)[:3])) for _ in range(3)])


def gradient_and_pre_activation(rng):
    N, H = _sizes(rng, 2)
    drawn = [(rng.normal(size=shape), rng.normal(0, 2, shape)) for shape in (H, (N, H))]
    tiny = cases("g z", extreme=[([1.0, -2.0, 0.5], NEARLY_ONE)], atol=1e-14)
    return _with_examples("gradient_and_pre_activation", drawn) + tiny


def parameter_and_gradient(rng):
    D, H = _sizes(rng, 2)
    drawn = [
        (rng.normal(size=shape), rng.normal(size=shape), float(rng.uniform(*rates)))
        for shape, rates in ((H, (0.01, 0.3)), ((D, H), (2, 4)))
    ]
    return _with_examples("parameter_and_gradient", drawn)


def image_and_gradient(rng):
    N, D = _sizes(rng, 2)

    def drawn(shape, epsilon):
        """With a pixel at each end of the ink, so that every image meets both."""
        image, gradient = rng.uniform(size=shape), rng.normal(size=shape)
        image[..., :2], gradient[..., :2] = (0, 1), np.abs(gradient[..., :2]) * (1, -1)
        return image, gradient, epsilon

    return _with_examples("image_and_gradient", [drawn(D, 0.4), drawn((N, D), float(rng.uniform(0.1, 0.3)))])


def _network(rng):
    """The loss of a network as a function of its inputs, its gradient, one without 1/N, and inputs to start from."""
    N, D, H, K = 3, 2, 4, 2
    x, (W1, b1, W2, b2) = rng.normal(size=(N, D)), _parameters(rng, D, H, K)
    rest = {"y": one_hot(np.arange(N) % K, K), "W1": W1, "b1": b1, "W2": W2, "b2": b2}
    shown = {"loss": loss, "gradient": input_gradient, "gradient_without_1_over_N": _summed_gradient}
    return *(_of_x(f"network_{name}", function, rest) for name, function in shown.items()), x


def _of_x(name, function, rest):
    """A function of x alone, under a name to show. No closure: it is handed to another process, so it is pickled."""
    of_x = partial(function, **rest)
    of_x.__name__ = name
    return of_x


def _summed_gradient(x, **rest):
    return len(x) * input_gradient(x, **rest)


def points(rng):
    network_loss, _, _, x = _network(rng)
    row, table = (KNOWN.log_sum_exp, rng.normal(size=7), 0.02), (KNOWN.log_sum_exp, rng.normal(size=(2, 4, 3)), 0.03)
    return _with_examples("points", [row, (network_loss, x, 0.01), table])


def points_and_tiny_steps(rng):
    network_loss, _, _, x = _network(rng)
    return points(rng) + cases("g x h", [], [(KNOWN.sum_of_cubes, [1.0, -2.0], 1e-200), (network_loss, x, 1e-200)])


def pairs(rng):
    a, b = rng.normal(size=(2, 4, 5))
    a[0, 0], b[1, 2] = -5, -6
    return _with_examples("pairs", [(a, b), (1e-3 * a[0], -2e-3 * a[0])])


def claims(rng):
    network_loss, network_gradient, without_1_over_N, x = _network(rng)
    drawn = [
        (KNOWN.sum_of_squares, KNOWN.nearly_twice_x, rng.normal(size=4), 1e-6),
        (network_loss, network_gradient, x, 1e-6),
        (network_loss, without_1_over_N, x, 1e-6),
    ]
    return _with_examples("claims", drawn)


def _sizes(rng: Generator, count: int) -> list[int]:
    """Pairwise different sizes, the batch first and largest, none of them that of a fixed example."""
    return sorted((int(n) for n in rng.choice(np.arange(5, 10), count, replace=False)), reverse=True)


def _parameters(rng: Generator, D: int, H: int, K: int) -> list[np.ndarray]:
    """W1, b1, W2, b2."""
    return [rng.normal(size=shape) for shape in ((D, H), H, (H, K), K)]


def _hard(rng: Generator, N: int, K: int) -> np.ndarray:
    """One-hot rows in which, if there are two, labels differ."""
    labels = rng.integers(0, K, N)
    labels[1:2] = (labels[0] + 1) % K
    return np.eye(K)[labels]


def _unlikely(theta: np.ndarray) -> np.ndarray:
    """One-hot rows at the least likely class: where a probability that underflows, or has a floor under it, shows."""
    return np.eye(theta.shape[-1])[np.argmin(theta, axis=-1)]


def _large_logits(rng: Generator, N: int, K: int) -> list[np.ndarray]:
    """Rows far above and far below what exp can hold, rows so far apart that one maximum cannot serve both, and rows
    whose maximum stands in each column once, so that no column can pass for it; some are rows by themselves."""
    far_apart = rng.normal(0, 2, (N, K)) + np.linspace(-1e4, 1e4, N)[:, None]
    wide = np.stack([np.roll(np.linspace(-1e4, 1e4, K), n) for n in range(N)])
    high, low = np.array([1000.0, 999.0, 0.0]), np.array([-1000.0, -1001.0, -1002.0])
    return [wide[2], high, low[np.newaxis], np.stack([high, low]), far_apart, wide]

"""The Python beside the catalogue of chapter 2b_2: draws."""

from __future__ import annotations

from utils.bank.case import cases
from utils.bank.inputs import each_shape_again


@each_shape_again
def row_and_hidden_layer(rng):
    drawn = [(rng.normal(size=D), rng.normal(size=(D, H)), rng.normal(size=H)) for D, H in ((4, 6), (7, 5))]
    return cases("x W1 b1", [([1.0, 2.0], [[1.0, 0.0, -1.0], [0.0, 1.0, 1.0]], [0.5, -1.0, 2.0]), *drawn])


def sizes(rng):
    primes = (5, 7, 11, 13, 17, 19, 23, 29, 31, 37)  # so that no two counts meet
    drawn = [tuple(map(int, rng.permutation(primes)[:3])) for _ in range(3)]
    return cases("D H K", [(2, 3, 4), (64, 32, 10), *drawn])

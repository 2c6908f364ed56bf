"""The scanned page, as it is typed in in the bank, with the slip that is marked on each line, and no other."""

from utils.derivation import lines_of
from utils.exercises.chapter_2a_3 import QUESTION as QUESTION
from utils.exercises.chapter_3_2 import CHAIN_PAGE, DIAGONAL_PAGE, OTHER_INDEX_PAGE, SAME_INDEX_PAGE


def marked(page, slips):
    """(line, status, slug) of each line of a page. slips: by the number of the line; all others are right."""
    return [(line, *slips.get(number, ("right", None))) for number, line in enumerate(lines_of(page), 1)]


SAME_INDEX = marked(
    SAME_INDEX_PAGE,
    {
        2: ("slip", "value-for-operator"),  # A2
        3: ("carried", None),  # A3
        4: ("carried", None),
        8: ("slip", "lost-minus"),  # A7
        9: ("slip", "constant-sign"),  # A8
    },
)
OTHER_INDEX = marked(OTHER_INDEX_PAGE, {3: ("slip", "lost-minus")})  # A13
BOTH_CASES = marked("D(J, theta)\ny_hat - y", {})  # A16

# B1 to B10: the chain with what is meant below it, and each of its factors.
MEANT = "((y_hat - y) @ W2.T * sigma(z) * (1 - sigma(z))) @ W1.T"
CHAIN = marked(CHAIN_PAGE + MEANT, {5: ("does not multiply", "matmul-for-hadamard")})  # B10
DIAGONAL = marked(DIAGONAL_PAGE, {2: ("slip", "vector-for-diagonal")})  # B8
FACTORS = [
    marked("D(J, theta)\ny_hat - y", {}),  # B3
    marked("D(theta, h)\nD(h @ W2 + b2, h)\nW2.T", {}),  # B4
    marked("D(theta[i], h[j])\nD(sum(h[k] * W2[k, i], k), h[j])\nW2[j, i]", {}),  # B6
    marked("D(h, x)\nD(h, z) @ D(z, x)", {}),  # B7
    DIAGONAL,
    marked("D(z, x)\nW1.T", {}),  # B9
]

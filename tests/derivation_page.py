"""The scanned page, typed in with the notation of NumPy, with the slip that is marked on each line, and no other."""

from utils.judge.algebra import lines_of

QUESTION = "D(-sum(y[j] * log(y_hat[j]), j), theta[i])"

SAME_INDEX_PAGE = """\
D(J, theta[i])
D(J, theta[i]) * (-sum(y[j] * log(y_hat[j]), j))  # A2
D(J, theta[i]) * (-y[i] * log(y_hat[i]))  # A3
D(J, theta[i]) * (-log(y_hat[i]))  # A3
D(-log(exp(theta[i]) / sum(exp(theta[j]), j)), theta[i])  # A4
D(-(log(exp(theta[i])) - log(sum(exp(theta[j]), j))), theta[i])  # A5
D(-(theta[i] - log(sum(exp(theta[j]), j))), theta[i])  # A6
D(theta[i], theta[i]) - D(log(sum(exp(theta[j]), j)), theta[i])  # A7
-(-1 - 1 / sum(exp(theta[j]), j) * exp(theta[i]))  # A8
-(1 - exp(theta[i]) / sum(exp(theta[j]), j))  # A9
-1 + exp(theta[i]) / sum(exp(theta[j]), j)  # A9
softmax(theta)[i] - 1  # A10
"""
OTHER_INDEX_PAGE = """\
D(-log(y_hat[k]), theta[i])  # A11
D(-log(exp(theta[k]) / sum(exp(theta[j]), j)), theta[i])  # A12
D(theta[k] - log(sum(exp(theta[j]), j)), theta[i])  # A13
-(D(theta[k], theta[i]) - D(log(sum(exp(theta[j]), j)), theta[i]))  # A14
-(0 - 1 / sum(exp(theta[j]), j) * exp(theta[i]))  # A15
y_hat[i]  # A15
"""
DIAGONAL_PAGE = """\
D(h, z)
sigma(z) * (1 - sigma(z))  # B8
"""
CHAIN_PAGE = """\
D(J, x)
D(J, theta) @ D(theta, h) @ D(h, x)  # B1
D(J, theta) @ D(theta, h) @ D(h, z) @ D(z, x)  # B7
(y_hat - y) @ W2.T @ D(h, z) @ W1.T  # B3, B4, B9
(y_hat - y) @ W2.T @ sigma(x @ W1 + b1) @ (1 - sigma(x @ W1 + b1)) @ W1.T  # B10
"""


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

"""The scanned page, typed in: its lines with the slip that is marked on each, and no other."""

QUESTION = "D(-sum(y[j] * log(y_hat[j]), j), theta[i])"

SAME_INDEX = [
    ("D(J, theta[i])", "right", None),
    ("D(J, theta[i]) * (-sum(y[j] * log(y_hat[j]), j))", "slip", "value-for-operator"),  # A2
    ("D(J, theta[i]) * (-y[i] * log(y_hat[i]))", "carried", None),  # A3
    ("D(J, theta[i]) * (-log(y_hat[i]))", "carried", None),
    ("D(-log(exp(theta[i]) / sum(exp(theta[j]), j)), theta[i])", "right", None),  # A4
    ("D(-(log(exp(theta[i])) - log(sum(exp(theta[j]), j))), theta[i])", "right", None),
    ("D(-(theta[i] - log(sum(exp(theta[j]), j))), theta[i])", "right", None),
    ("D(theta[i], theta[i]) - D(log(sum(exp(theta[j]), j)), theta[i])", "slip", "lost-minus"),  # A7
    ("-(-1 - 1 / sum(exp(theta[j]), j) * exp(theta[i]))", "slip", "constant-sign"),  # A8
    ("-(1 - exp(theta[i]) / sum(exp(theta[j]), j))", "right", None),  # A9
    ("-1 + exp(theta[i]) / sum(exp(theta[j]), j)", "right", None),
    ("softmax(theta)[i] - 1", "right", None),  # A10
]

OTHER_INDEX = [
    ("D(-log(y_hat[k]), theta[i])", "right", None),  # A11
    ("D(-log(exp(theta[k]) / sum(exp(theta[j]), j)), theta[i])", "right", None),
    ("D(theta[k] - log(sum(exp(theta[j]), j)), theta[i])", "slip", "lost-minus"),  # A13
    ("-(D(theta[k], theta[i]) - D(log(sum(exp(theta[j]), j)), theta[i]))", "right", None),
    ("-(0 - 1 / sum(exp(theta[j]), j) * exp(theta[i]))", "right", None),  # A15
    ("y_hat[i]", "right", None),
]

BOTH_CASES = [("D(J, theta)", "right", None), ("y_hat - y", "right", None)]  # A16

# B1 to B10: the chain, each of its factors, and what it is put together to.
CHAIN = [
    ("D(J, x)", "right", None),
    ("D(J, theta) @ D(theta, h) @ D(h, x)", "right", None),  # B1
    ("D(J, theta) @ D(theta, h) @ D(h, z) @ D(z, x)", "right", None),  # B7
    ("(y_hat - y) @ W2.T @ D(h, z) @ W1.T", "right", None),
    (
        "(y_hat - y) @ W2.T @ sigma(x @ W1 + b1) @ (1 - sigma(x @ W1 + b1)) @ W1.T",
        "does not multiply",
        "matmul-for-hadamard",
    ),  # B10
    ("((y_hat - y) @ W2.T * sigma(z) * (1 - sigma(z))) @ W1.T", "right", None),
]
FACTORS = [
    [("D(J, theta)", "right", None), ("y_hat - y", "right", None)],  # B3
    [("D(theta, h)", "right", None), ("D(h @ W2 + b2, h)", "right", None), ("W2.T", "right", None)],  # B4
    [
        ("D(theta[i], h[j])", "right", None),
        ("D(sum(h[k] * W2[k, i], k), h[j])", "right", None),
        ("W2[j, i]", "right", None),
    ],  # B6
    [("D(h, x)", "right", None), ("D(h, z) @ D(z, x)", "right", None)],  # B7
    [("D(h, z)", "right", None), ("sigma(z) * (1 - sigma(z))", "slip", "vector-for-diagonal")],  # B8
    [("D(z, x)", "right", None), ("W1.T", "right", None)],  # B9
]

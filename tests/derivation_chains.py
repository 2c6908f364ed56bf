"""Derivations that people write: right ones of many kinds, and wrong ones with the line that is wrong and its name."""

Q = "D(-sum(y[j] * log(y_hat[j]), j), theta[i])"
S = "sum(exp(theta[j]), j)"
T = "sum(exp(theta))"


def _chains(text):
    """Blocks between blank lines; ~ is a blank line inside a block."""
    for short, long in {"<Q>": Q, "<S>": S, "<T>": T, "<P>": "-1 / y_hat[k] * D(y_hat[k], theta[i])"}.items():
        text = text.replace(short, long)
    return [block.strip().replace("~", "") for block in text.split("\n\n")]


RIGHT_SAME = _chains("""
<Q>
D(-log(y_hat[k]), theta[i])
D(-log(exp(theta[k]) / <S>), theta[i])
D(-(theta[k] - log(<S>)), theta[i])
-1 + exp(theta[i]) / <S>
y_hat[i] - 1

<Q>
-sum(y[j] * D(log(y_hat[j]), theta[i]), j)
-sum(y[j] / y_hat[j] * D(y_hat[j], theta[i]), j)
-1 / y_hat[k] * D(y_hat[k], theta[i])
-1 / y_hat[i] * y_hat[i] * (1 - y_hat[i])
-(1 - y_hat[i])

D(J, theta[i])
sum(D(J, y_hat[j]) * D(y_hat[j], theta[i]), j)
-sum(y[j] / y_hat[j] * y_hat[j] * (delta(i, j) - y_hat[i]), j)
-y[i] + y_hat[i] * sum(y[j], j)
y_hat[i] - y[i]

<Q>
D(-y[i] * log(y_hat[i]), theta[i])
-D(log(y_hat[i]), theta[i])
-D(theta[i] - log(<S>), theta[i])
-D(theta[i], theta[i]) + D(log(<S>), theta[i])
-1 + D(<S>, theta[i]) / <S>
-1 + exp(theta[i]) / <S>
softmax(theta)[i] - 1

<Q>
D(log(<S>) - theta[i], theta[i])
D(log(<S>), theta[i]) - 1
1 / <S> * exp(theta[i]) - 1
-1 + y_hat[k]

D(J, theta[i])
D(-log(exp(theta[i]) / <T>), theta[i])
D(log(<T>) - theta[i], theta[i])
exp(theta[i]) / <T> - 1
y_hat[i] - 1

<Q>
D(log(<S> / exp(theta[k])), theta[i])
D(log(<S>) - theta[k], theta[i])
y_hat[i] - y[k]

<Q>
D(log(sum(exp(theta[j] - theta[i]), j)), theta[i])
D(log(1 + sum(exp(theta[j] - theta[i]), j != i)), theta[i])
-sum(exp(theta[j] - theta[k]), j != k) / sum(exp(theta[j] - theta[k]), j)
-sum(y_hat[j], j != i)
-(1 - y_hat[i])
y_hat[i] - 1

<Q>
D(-log(softmax(theta)[k]), theta[i])
-1 / softmax(theta)[k] * D(softmax(theta)[k], theta[i])
-1 / y_hat[k] * (exp(theta[k]) * <S> - exp(theta[k]) * exp(theta[i])) / <S> ** 2
-1 / y_hat[k] * (y_hat[k] - y_hat[k] * y_hat[i])
y_hat[i] - 1

D(-log(y_hat[i]), theta[i])
-D(y_hat[i], theta[i]) / y_hat[i]
-(y_hat[i] - y_hat[i] ** 2) / y_hat[i]
y_hat[i] - 1

<Q>
D(-sum(y[m] * (theta[m] - log(<S>)), m), theta[i])
D(-sum(y[m] * theta[m], m) + sum(y[m], m) * log(<S>), theta[i])
-y[i] + sum(y[m], m) * y_hat[i]
-1 + y_hat[i]

<Q>
D(-sum(y[j] * theta[j], j), theta[i]) + D(log(<S>), theta[i])
-y[k] + D(log(<S>), theta[i])
-y[k] + exp(theta[k]) / <S>
y_hat[k] - y[k]

# comments and blank lines are allowed
<Q>  # the question
~
D(-log(y_hat[k]), theta[i])
### BEGIN SOLUTION
D(-theta[k] + log(<S>), theta[i])
-1 + y_hat[i]
### END SOLUTION

D(J, theta[i])
-D(log(y_hat[i]), y_hat[i]) * D(y_hat[i], theta[i])
-1 / y_hat[i] * D(exp(theta[i]) / <S>, theta[i])
-1 / y_hat[i] * (exp(theta[i]) / <S> - exp(theta[i]) ** 2 / <S> ** 2)
-1 / y_hat[i] * (y_hat[i] - y_hat[i] ** 2)
y_hat[i] - 1

<Q>
D(-(log(exp(theta[i])) - log(exp(theta[i]) + sum(exp(theta[j]), j != i))), theta[i])
D(-theta[i], theta[i]) + D(log(exp(theta[i]) + sum(exp(theta[j]), j != i)), theta[i])
-1 + exp(theta[i]) / (exp(theta[i]) + sum(exp(theta[j]), j != i))
softmax(theta)[k] - 1

<Q>
-D(sum(y[j] * log(y_hat[j]), j), theta[i])
-D(log(y_hat[k]), theta[i])
-(D(theta[k], theta[i]) - sum(y_hat[j] * D(theta[j], theta[i]), j))
-(1 - y_hat[i])
y_hat[i] - 1

<Q>
D(J, theta[k])
D(log(<S>), theta[k]) - D(theta[k], theta[k])
exp(theta[k]) / <S> - 1
y_hat[k] - 1

<Q>
sum(D(J, theta[m]) * delta(m, i), m)
sum((y_hat[m] - y[m]) * delta(m, k), m)
y_hat[i] - y[i]

<Q>
D(-log(1 / sum(exp(theta[j] - theta[i]), j)), theta[i])
D(log(sum(exp(theta[j] - theta[i]), j)), theta[i])
1 / sum(exp(theta[j] - theta[i]), j) * D(sum(exp(theta[j] - theta[i]), j), theta[i])
1 / sum(exp(theta[j] - theta[i]), j) * (-sum(exp(theta[j] - theta[i]), j != i))
-y_hat[i] * sum(exp(theta[j] - theta[i]), j != i)
-y_hat[i] * (1 / y_hat[i] - 1)
-1 + y_hat[i]

<Q>
D(-0.5 * log(y_hat[i] ** 2), theta[i])
-0.5 / y_hat[i] ** 2 * 2 * y_hat[i] * D(y_hat[i], theta[i])
-1 / y_hat[i] * y_hat[i] * (1 - y_hat[i])
y_hat[i] - 1
""")

RIGHT_OTHER = _chains("""
<Q>
D(-log(y_hat[k]), theta[i])
D(-log(exp(theta[k]) / <S>), theta[i])
D(-(theta[k] - log(<S>)), theta[i])
-(0 - exp(theta[i]) / <S>)
y_hat[i]

<Q>
-sum(y[j] * D(log(y_hat[j]), theta[i]), j)
-1 / y_hat[k] * D(y_hat[k], theta[i])
-1 / y_hat[k] * (-y_hat[k] * y_hat[i])
y_hat[i]

D(J, theta[i])
sum(D(J, y_hat[j]) * D(y_hat[j], theta[i]), j)
-sum(y[j] / y_hat[j] * y_hat[j] * (delta(i, j) - y_hat[i]), j)
-y[i] + y_hat[i] * sum(y[j], j)
y_hat[i] - y[i]

<Q>
D(log(<S>) - theta[k], theta[i])
D(log(<S>), theta[i]) - D(theta[k], theta[i])
D(log(<S>), theta[i])
1 / <S> * D(<S>, theta[i])
1 / <S> * sum(D(exp(theta[j]), theta[i]), j)
exp(theta[i]) / <S>
softmax(theta)[i]

<Q>
D(-log(softmax(theta)[k]), theta[i])
-1 / softmax(theta)[k] * D(exp(theta[k]) / <S>, theta[i])
-1 / softmax(theta)[k] * exp(theta[k]) * D(1 / <S>, theta[i])
-1 / softmax(theta)[k] * exp(theta[k]) * (-1 / <S> ** 2) * exp(theta[i])
y_hat[i]

D(J, theta[i])
D(-log(exp(theta[k]) / <T>), theta[i])
D(log(<T>), theta[i])
exp(theta[i]) / <T>
y_hat[i] - 0

<Q>
D(log(<S> / exp(theta[k])), theta[i])
exp(theta[k]) / <S> * D(<S> / exp(theta[k]), theta[i])
exp(theta[k]) / <S> * exp(theta[i]) / exp(theta[k])
exp(theta[i]) / <S>
y_hat[i]

<Q>
D(log(sum(exp(theta[j] - theta[k]), j)), theta[i])
exp(theta[i] - theta[k]) / sum(exp(theta[j] - theta[k]), j)
softmax(theta)[i]

<Q>
D(log(1 + sum(exp(theta[j] - theta[k]), j != k)), theta[i])
exp(theta[i] - theta[k]) / (1 + sum(exp(theta[j] - theta[k]), j != k))
exp(theta[i] - theta[k]) * y_hat[k]
y_hat[i]

D(-log(y_hat[k]), theta[i])
-D(y_hat[k], theta[i]) / y_hat[k]
y_hat[k] * y_hat[i] / y_hat[k]
y_hat[i]

<Q>
D(-sum(y[m] * (theta[m] - log(<S>)), m), theta[i])
-y[i] + sum(y[m], m) * y_hat[i]
0 + 1 * y_hat[i]
y_hat[i]

<Q>
D(-sum(y[j] * theta[j], j), theta[i]) + D(log(<S>), theta[i])
-y[i] + D(log(<S>), theta[i])
D(log(<S>), theta[i])
y_hat[i]

# the question first
<Q>
~
-D(log(y_hat[k]), theta[i])
-D(theta[k], theta[i]) + D(log(<S>), theta[i])
0 + exp(theta[i]) / <S>
y_hat[i]

D(J, theta[i])
D(J, y_hat[k]) * D(y_hat[k], theta[i])
-y[k] / y_hat[k] * D(y_hat[k], theta[i])
y[k] * y_hat[i]
y_hat[i]

<Q>
D(log(exp(theta[k]) + exp(theta[i]) + <S> - exp(theta[k]) - exp(theta[i])), theta[i])
D(log(exp(theta[i]) + sum(exp(theta[j]), j != i)), theta[i])
exp(theta[i]) / (exp(theta[i]) + sum(exp(theta[j]), j != i))
y_hat[i]

<Q>
sum(D(J, theta[m]) * delta(m, i), m)
sum((y_hat[m] - y[m]) * delta(m, i), m)
y_hat[i] - y[i]
y_hat[i]

<Q>
-y[k] * D(log(y_hat[k]), theta[i]) - sum(y[j] * D(log(y_hat[j]), theta[i]), j != k)
-D(log(y_hat[k]), theta[i])
-(0 - D(log(<S>), theta[i]))
y_hat[i]

<Q>
D(-0.5 * log(y_hat[k] ** 2), theta[i])
-1 / y_hat[k] * D(y_hat[k], theta[i])
y_hat[i]

<Q>
-(D(theta[k], theta[i]) - sum(y_hat[j] * D(theta[j], theta[i]), j))
sum(y_hat[j] * delta(j, i), j)
y_hat[i]

<Q>
D(-log(exp(theta[k])) + log(<S>), theta[i])
-D(exp(theta[k]), theta[i]) / exp(theta[k]) + D(<S>, theta[i]) / <S>
0 + exp(theta[i]) / <S>
1 - (1 - y_hat[i])
""")

# (line that is wrong, name or None, text)
WRONG_SAME = [
    (2, "lost-minus", "<Q>\nD(log(y_hat[i]), theta[i])\n1 - y_hat[i]"),
    (2, "lost-minus", "<Q>\nD(sum(y[j] * log(y_hat[j]), j), theta[i])\ny_hat[i] - 1"),
    (3, "lost-minus", "<Q>\nD(-(theta[i] - log(<S>)), theta[i])\n1 - exp(theta[i]) / <S>\n1 - y_hat[i]"),
    (3, "constant-sign", "<Q>\nD(-(theta[i] - log(<S>)), theta[i])\n1 + y_hat[i]"),
    (3, "minus-not-distributed", "<Q>\nD(-(theta[i] - log(<S>)), theta[i])\n-1 - exp(theta[i]) / <S>\n-1 - y_hat[i]"),
    (2, "value-for-operator", "<Q>\nD(J, theta[i]) * (-log(y_hat[i]))\ny_hat[i] - 1"),
    (3, "operator-doubled", "<Q>\nD(log(<S>) - theta[i], theta[i])\nD(y_hat[i] - 1, theta[i])\ny_hat[i] - 1"),
    (2, "operator-doubled", "<Q>\nD(D(J, theta[i]), theta[i])\ny_hat[i] - 1"),
    (2, "operator-lost", "<Q>\n-log(y_hat[i])\ny_hat[i] - 1"),
    (3, "operator-lost", "<Q>\nD(log(<S>) - theta[i], theta[i])\nlog(<S>) - 1\ny_hat[i] - 1"),
    (3, "other-index-used", "<Q>\nD(-(theta[k] - log(<S>)), theta[i])\n-(0 - exp(theta[i]) / <S>)\ny_hat[i]"),
    (2, "other-index-used", "<Q>\ny_hat[i]"),
    (3, "log-of-quotient", "<Q>\nD(-log(exp(theta[i]) / <S>), theta[i])\nD(-theta[i] / log(<S>), theta[i])\n0"),
    (3, "log-of-quotient", "<Q>\nD(-log(exp(theta[i]) / <S>), theta[i])\nD(-(theta[i] + log(<S>)), theta[i])\n0"),
    (3, "log-of-sum", "<Q>\nD(log(<S>) - theta[i], theta[i])\nD(sum(theta[j], j) - theta[i], theta[i])\n0"),
    (3, "forgotten-denominator", "<Q>\nD(log(<S>) - theta[i], theta[i])\nexp(theta[i]) - 1\ny_hat[i] - 1"),
    (3, "forgot-inner-derivative", "<Q>\nD(log(<S>) - theta[i], theta[i])\n1 / <S> - 1\ny_hat[i] - 1"),
    (3, "softmax-derivative", "<Q>\n<P>\n1 / y_hat[i] * y_hat[i] * y_hat[i]\ny_hat[i]"),
    (3, "all-terms-of-the-sum", "<Q>\n1 / <S> * D(<S>, theta[i]) - 1\n1 / <S> * <S> - 1\n0"),
    (3, "wrong-index", "<Q>\nD(log(<S>) - theta[i], theta[i])\nexp(theta[j]) / <S> - 1\ny_hat[i] - 1"),
    (3, "stopped-early", "<Q>\nD(-log(y_hat[i]), theta[i])\n-1 / y_hat[i]"),
    (2, "stopped-early", "<Q>\ny_hat[i] * (1 - y_hat[i])"),
    (2, "ratio", "<Q>\n2 * (y_hat[i] - 1)"),
    (2, "offset", "<Q>\ny_hat[i] - 3"),
    (3, "sign-of-a-term", "<Q>\nD(log(<S>), theta[i]) - 1\n-1 - exp(theta[i]) / <S>\ny_hat[i] - 1"),
    (1, None, "D(log(theta[i] ** 2 + 3), theta[i])\ny_hat[i] - 1"),
    (2, "shape", "<Q>\ny_hat - 1"),
    (2, "syntax", "<Q>\n2 y_hat[i\ny_hat[i] - 1"),
    (2, "unknown-name", "<Q>\nyhatt[i] - 1"),
    (2, "singular", "<Q>\nlog(y[i] - 1)"),
]  # fmt: skip

WRONG_OTHER = [
    (2, "lost-minus", "<Q>\nD(log(y_hat[k]), theta[i])\n-y_hat[i]"),
    (3, "same-index-used", "<Q>\nD(-log(y_hat[k]), theta[i])\ny_hat[i] - 1"),
    (2, "same-index-used", "<Q>\nD(-log(y_hat[i]), theta[i])\ny_hat[i] - 1"),
    (3, "same-index-used", "<Q>\nD(-(theta[k] - log(<S>)), theta[i])\n-(1 - exp(theta[i]) / <S>)\ny_hat[i]"),
    (2, "one-term-of-the-sum", "<Q>\nD(-y[i] * log(y_hat[i]), theta[i])\n0"),
    (3, "softmax-derivative", "<Q>\n<P>\n-1 / y_hat[k] * y_hat[k] * (1 - y_hat[k])\ny_hat[i]"),
    (3, "softmax-derivative", "<Q>\n<P>\n-1 / y_hat[k] * y_hat[i] * (1 - y_hat[i])\ny_hat[i]"),
    (3, "wrong-index", "<Q>\nD(log(<S>) - theta[k], theta[i])\nexp(theta[k]) / <S>\ny_hat[k]"),
    (3, "forgotten-denominator", "<Q>\nD(log(<S>), theta[i])\nexp(theta[i])\ny_hat[i]"),
    (3, "all-terms-of-the-sum", "<Q>\n1 / <S> * D(<S>, theta[i])\n1 / <S> * <S>\n1"),
    (3, "forgot-inner-derivative", "<Q>\nD(log(<S>), theta[i])\n1 / <S>\ny_hat[i]"),
    (2, "value-for-operator", "<Q>\nD(J, theta[i]) * (-log(y_hat[k]))\ny_hat[i]"),
    (2, "operator-lost", "<Q>\n-log(y_hat[k])\ny_hat[i]"),
    (3, "stopped-early", "<Q>\nD(-log(y_hat[k]), theta[i])\n-y_hat[i] * y_hat[k]"),
    (2, "does-not-multiply", "<Q>\ny_hat @ y_hat"),
]  # fmt: skip

WRONG_SAME, WRONG_OTHER = (
    [(line, slug, _chains(text)[0]) for line, slug, text in group] for group in (WRONG_SAME, WRONG_OTHER)
)

# Chains whose every line is equal, and which are not a finished derivation all the same.
UNFINISHED = [
    ("not-the-question", "y_hat[i] - 1"),
    ("not-the-question", "-1 + D(log(<S>), theta[i])\ny_hat[i] - 1"),
    ("operator-left", "<Q>\nD(-log(y_hat[i]), theta[i])"),
    ("operator-left", "<Q>\nD(log(<S>), theta[i]) - 1\n..."),
    ("not-simplified", "<Q>\nexp(theta[i]) / <S> - 1"),
]
UNFINISHED = [(slug, _chains(text)[0]) for slug, text in UNFINISHED]

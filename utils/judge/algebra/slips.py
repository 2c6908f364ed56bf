"""The slips that are recognised. An entry is a name, what to say, how it is made or mended, and an example, its test.

A slip is found in one of two ways. `spoil` makes it: each wrong tree that it yields from a part of the line above is
put in that part's place, and if one has the values of the reader's line, that is what happened. `mend` undoes it: each
tree that it yields from a part of the reader's line is put there, and if one has the right value, that was wrong.
Values are compared at all points, so that it does not matter how the reader's line is written. The first that fits is
told, so the narrow ones come first. Most are told in the notation itself.
"""

from __future__ import annotations

from dataclasses import dataclass

from utils.judge.algebra import rewriting
from utils.judge.algebra.rewriting import Rewrite, Table, in_several, rules


@dataclass(frozen=True)
class Slip:
    """example: (setting, a line, the line below it in which the slip is made), checked in a test. spoil, mend: how it
    is made and undone; {what a part looks like: what it becomes} is read by `rewriting.rules`."""

    slug: str
    feedback: str
    example: tuple[str, str, str]
    spoil: Rewrite | Table | None = None
    mend: Rewrite | Table | None = None
    whole: bool = False  # only the line as a whole, none of its parts
    sure: bool = False  # told even where the question has a trap with this value
    formal: bool = False  # what is said is more than that the line would be right without it: it must hold by form
    literal: bool = False  # made in the line above as it stands, not in a step that was skipped

    def __post_init__(self) -> None:
        for way in ("spoil", "mend"):
            if isinstance(table := getattr(self, way), dict):
                object.__setattr__(self, way, rules(table))


ALL_TERMS = (
    "Every term of the sum was differentiated by a variable of its own. You move only one of them: the other terms "
    "stand still, and one is left."
)
PRODUCT_RULE = "The derivative of a product is not the product of the derivatives: $(ab)' = a'b + ab'$."
SOFTMAX_TURNS = {
    f"D({p}[i], a[j])": (
        f"{p}[i] * (1 - {p}[i])",
        f"{p}[j] * (1 - {p}[j])",
        f"{p}[i] * (1 - {p}[j])",
        f"-{p}[i] * {p}[j]",
    )
    for p in ("y_hat", "softmax(theta)")
}

SLIPS = (
    Slip(
        "product-rule",
        f"{PRODUCT_RULE} Here one of the two factors stands still.",
        ("network", "D(sum(h[k] * W2[k, i], k), h[j])", "sum(D(h[k], h[j]) * D(W2[k, i], h[j]), k)"),
        mend={"D(a, v) * D(b, v)": ("D(a, v) * b", "a * D(b, v)")},
        sure=True,
    ),
    Slip(
        "product-rule",
        PRODUCT_RULE,
        ("sigmoid", "D(z * sigma(z), z)", "D(z, z) * D(sigma(z), z)"),
        mend={"D(a, v) * D(b, v)": "D(a * b, v)"},
        sure=True,
    ),
    Slip(
        "value-for-operator",
        "The derivative is *multiplied* with what it should be taken of. $\\partial J/\\partial\\theta_i$ is a number, "
        "$\\partial/\\partial\\theta_i$ asks for one: write `D(expr, ...)`.",
        ("same", "D(J, theta[i])", "D(J, theta[i]) * (-sum(y[j] * log(y_hat[j]), j))"),
        mend={"D(x, v) * a": "D(a, v)", "a * D(x, v)": "D(a, v)"},
        sure=True,
    ),
    Slip(
        "operator-doubled",
        "What stands inside this `D` is differentiated already. Taken once more it is a second derivative.",
        ("same", "D(log(sum(exp(theta[j]), j)) - theta[i], theta[i])", "D(y_hat[i] - 1, theta[i])"),
        mend=rewriting.operator_twice,
        whole=True,
        sure=True,
        formal=True,
    ),
    Slip(
        "constant-sign",
        "The constant term has the wrong sign. A name differentiated by itself is $+1$: count the minus signs in front "
        "of it once more.",
        ("same", "-(1 - y_hat[i])", "-(-1 - y_hat[i])"),
        mend={"c ± a": "-c ± a", "-c ± a": "c ± a", "a ± c": "a ± (-c)", "a ± (-c)": "a ± c"},
    ),
    Slip(
        "minus-not-distributed",
        "The minus in front of the brackets reached only the first term. $-(a - b)$ is $-a + b$.",
        ("same", "D(-(theta[i] - log(sum(exp(theta[j]), j))), theta[i])", "-1 - y_hat[i]"),
        spoil=rewriting.not_distributed,
    ),
    Slip(
        "lost-minus",
        "The sign of the whole line is turned round: a minus is lost, or one came in, or one has not reached all that "
        "it stands before.",
        ("other", "D(-log(y_hat[k]), theta[i])", "D(log(y_hat[k]), theta[i])"),
        mend={"a": "-a"},
        whole=True,
    ),
    Slip(
        "log-of-quotient",
        "The logarithm of a quotient is a difference: $\\log\\frac ab = \\log a - \\log b$, in this order.",
        (
            "same",
            "D(-log(exp(theta[i]) / sum(exp(theta[j]), j)), theta[i])",
            "D(-log(exp(theta[i])) / log(sum(exp(theta[j]), j)), theta[i])",
        ),
        spoil={
            "log(a / b)": ("log(a) / log(b)", "log(a) + log(b)", "log(b) - log(a)", "log(a) - b"),
            "log(exp(a) / b)": ("a / log(b)", "exp(a) - log(b)", "a - b"),
        },
    ),
    Slip(
        "all-terms-of-the-sum",
        ALL_TERMS,
        ("other", "D(log(sum(exp(theta))), theta[i])", "1 / sum(exp(theta)) * sum(exp(theta))"),
        mend=rewriting.one_for_all_terms,
        whole=True,
    ),
    Slip(
        "all-terms-of-the-sum",
        ALL_TERMS,
        ("other", "D(log(sum(exp(theta))), theta[i])", "1 / sum(exp(theta)) * sum(D(exp(theta[m]), theta[m]), m)"),
        mend=rewriting.own_variable,
    ),
    Slip(
        "log-of-sum",
        "The logarithm of a sum is not the sum of the logarithms. $\\log\\sum_j e^{\\theta_j}$ cannot be split; "
        "differentiate it by the chain rule.",
        ("same", "D(log(sum(exp(theta[j]), j)) - theta[i], theta[i])", "D(sum(theta[j], j) - theta[i], theta[i])"),
        spoil={
            "log(sum(a, j))": "sum(log(a), j)",
            "log(sum(exp(a), j))": "sum(a, j)",
            "log(sum(a))": "sum(log(a))",
            "log(sum(exp(a)))": "sum(a)",
            "log(a ± b)": "log(a) ± log(b)",
        },
    ),
    Slip(
        "softmax-derivative",
        "The derivative of $\\hat y_a$ by $\\theta_b$ has two cases: $\\hat y_a(1 - \\hat y_a)$ for $a = b$ and "
        "$-\\hat y_a\\hat y_b$ for $a \\neq b$. Here the wrong one is used.",
        ("other", "-1 / y_hat[k] * D(y_hat[k], theta[i])", "-1 / y_hat[k] * y_hat[k] * (1 - y_hat[k])"),
        spoil=SOFTMAX_TURNS,
        sure=True,
        literal=True,
    ),
    Slip(
        "softmax-derivative",
        "The derivative of $\\hat y_a$ by $\\theta_a$ is $\\hat y_a(1 - \\hat y_a)$. Here stands $1 - \\hat y_a$: the "
        "factor in front is missing.",
        ("same", "D(-log(y_hat[i]), theta[i])", "-1 / y_hat[i] * (1 - y_hat[i])"),
        mend={"1 - y_hat[i]": "y_hat[i] * (1 - y_hat[i])", "1 - softmax(a)[i]": "softmax(a)[i] * (1 - softmax(a)[i])"},
    ),
    Slip(
        "same-index-used",
        "That is what comes out for $i = k$. Here $i \\neq k$: $y_i = 0$, so that of the sum the term with $\\hat y_k$ "
        "is left, and $\\theta_k$ does not move with $\\theta_i$.",
        ("other", "-(D(theta[k], theta[i]) - y_hat[i])", "-(1 - y_hat[i])"),
        spoil=rewriting.of_the_case(same=True),
    ),
    Slip(
        "other-index-used",
        "That is what comes out for $i \\neq k$. Here $i = k$: $y_i = 1$, and the derivative of $\\theta_k$ by "
        "$\\theta_i$ is 1, not 0.",
        ("same", "-(D(theta[k], theta[i]) - y_hat[i])", "-(0 - y_hat[i])"),
        spoil=rewriting.of_the_case(same=False),
    ),
    Slip(
        "forgot-outer-derivative",
        "The chain rule has two factors, and the outer one is missing: $\\log u$ gives $\\frac1u\\,\\partial u$. "
        "Where is the 1/sum?",
        ("other", "D(log(sum(exp(theta[j]), j)), theta[i])", "exp(theta[i])"),
        spoil={
            "D(log(a), v)": "D(a, v)",
            "D(exp(a), v)": "D(a, v)",
            "D(sigma(a), v)": "D(a, v)",
            "D(c / a, v)": ("D(a, v)", "-D(a, v)"),
        },
    ),
    Slip(
        "forgot-inner-derivative",
        "The chain rule has two factors, and the inner one is missing: the outer derivative still has to be multiplied "
        "with the derivative of what is inside.",
        ("other", "D(log(sum(exp(theta[j]), j)), theta[i])", "1 / sum(exp(theta[j]), j)"),
        spoil=rewriting.inner_forgotten,
    ),
    Slip(
        "all-terms-of-the-sum",
        ALL_TERMS,
        (
            "other",
            "1 / sum(exp(theta[j]), j) * D(sum(exp(theta[j]), j), theta[i])",
            "1 / sum(exp(theta[j]), j) * sum(exp(theta[j]), j)",
        ),
        spoil={
            "D(sum(a, j), b[i])": "sum(D(a, b[j]), j)",
            "D(sum(exp(b[j]), j), b[i])": "sum(exp(b[j]), j)",
            "D(sum(exp(a)), v)": "sum(exp(a))",
        },
    ),
    Slip(
        "reciprocal-rule",
        "The derivative of $\\frac1u$ is not $\\frac{1}{u'}$. It is $-\\frac{u'}{u^2}$.",
        ("sigmoid", "D(1 / (1 + exp(-z)), z)", "1 / D(1 + exp(-z), z)"),
        spoil={"D(c / a, v)": ("c / D(a, v)", "-(c / D(a, v))")},
    ),
    Slip(
        "numerators-subtracted",
        "Two terms stand over one denominator here, and only one of them had it: write the other as a fraction with it "
        "first, $a = \\frac{ac}{c}$.",
        ("sigmoid", "1 - 1 / (1 + exp(-z))", "(1 - 1) / (1 + exp(-z))"),
        spoil={"t ± a / b": "(t ± a) / b", "a / b ± t": "(a ± t) / b"},
    ),
    Slip(
        "sum-for-constant",
        "The sum was taken for a constant. The variable stands in it too: $\\log u$ and $\\frac1u$ of a sum $u$ have "
        "derivatives that are not 0.",
        ("same", "D(-theta[k] + log(sum(exp(theta))), theta[i])", "-1"),
        spoil={"D(log(s), v)": "0", "D(c / s, v)": "0", "D(a / s, v)": "D(a, v) / s"},
    ),
    Slip(
        "sum-of-products",
        "The sum of products is not the product of the sums: each term pairs two factors of the same letter.",
        ("soft", "sum(y[m] * log(y_hat[m]), m)", "sum(y[m], m) * sum(log(y_hat[m]), m)"),
        spoil={
            "sum(a * b, j)": "sum(a, j) * sum(b, j)",
            "sum(a / b, j)": "sum(a, j) / sum(b, j)",
            "sum(a * b)": "sum(a) * sum(b)",
        },
    ),
    Slip(
        "one-term-of-the-sum",
        "Only the term with $j = i$ was differentiated. The others depend on $\\theta_i$ as well: it stands in every "
        "denominator.",
        ("other", "D(-sum(y[j] * log(y_hat[j]), j), theta[i])", "D(-y[i] * log(y_hat[i]), theta[i])"),
        spoil=rewriting.one_term,
    ),
    Slip(
        "product-rule",
        "The derivative of a product or a quotient is not made of the derivatives of its parts alone: "
        "$(ab)' = a'b + ab'$.",
        ("sigmoid", "D(exp(z) / (1 + exp(z)), z)", "D(exp(z), z) / D(1 + exp(z), z)"),
        spoil={"D(u * w, v)": ("D(u, v) * D(w, v)", "D(u, v) * w", "u * D(w, v)"), "D(u / w, v)": "D(u, v) / D(w, v)"},
    ),
    Slip(
        "quotient-rule",
        "Look at the quotient rule again, its order, its minus and its square: $(a/b)' = (a'b - ab')/b^2$.",
        ("sigmoid", "D(exp(z) / (1 + exp(z)), z)", "(exp(z) * (1 + exp(z)) + exp(z) * exp(z)) / (1 + exp(z)) ** 2"),
        spoil={
            "D(a / u, v)": (
                "(D(a, v) * u + a * D(u, v)) / u ** 2",
                "(a * D(u, v) - D(a, v) * u) / u ** 2",
                "(D(a, v) * u - a * D(u, v)) / u",
            )
        },
    ),
    Slip(
        "wrong-index",
        "An index is wrong: one letter stands where another is meant. Say of each letter what it counts (what you "
        "differentiate by, the true class, what a sum runs over), and follow it through the line.",
        ("other", "-(0 - 1 / sum(exp(theta[j]), j) * exp(theta[i]))", "exp(theta[k]) / sum(exp(theta[j]), j)"),
        mend=rewriting.index,
    ),
    Slip(
        "wrong-index",
        "An index is wrong throughout the line: one letter stands where another is meant.",
        ("other", "y_hat[i]", "2 * y_hat[k] - exp(theta[k]) / sum(exp(theta[j]), j)"),
        mend=rewriting.all_of_a_letter,
        whole=True,
    ),
    Slip(
        "forgotten-denominator",
        "A denominator is missing: what stood above a fraction bar stands alone now.",
        ("same", "-(1 - y_hat[i])", "-(1 - exp(theta[i]))"),
        spoil=rewriting.denominator_forgotten,
    ),
    Slip(
        "sign-of-a-term",
        "One term has the wrong sign. Take the line above term by term, each with the sign in front of it.",
        ("same", "D(log(sum(exp(theta[j]), j)), theta[i]) - 1", "-y_hat[i] - 1"),
        mend={
            "a + b": ("a - b", "-a + b"),
            "a - b": ("a + b", "-a - b"),
            "-a": "a",
            "D(a, v)": "-D(a, v)",
            "sum(a, j)": "-sum(a, j)",
            "log(a)": "-log(a)",
            "a[i]": "-a[i]",
            "a[i, j]": "-a[i, j]",
            "a / b": "-(a / b)",
        },
    ),
    Slip(
        "operator-lost",
        "The operator is lost: something stands here as it is, where its derivative is asked for.",
        ("same", "D(-log(y_hat[i]), theta[i])", "-log(y_hat[i])"),
        mend=rewriting.operator_lost,
        whole=True,
    ),
    Slip(
        "sigma-for-sigma-prime",
        "$\\sigma$ stands where its derivative $\\sigma'(z) = \\sigma(z)(1 - \\sigma(z))$ is asked for.",
        ("network", "D(J, h) @ D(h, z)", "(y_hat - y) @ W2.T * sigma(z)"),
        mend={"h": "h * (1 - h)", "sigma(a)": "sigma(a) * (1 - sigma(a))"},
    ),
    Slip(
        "one-for-identity",
        "The number 1 stands for the identity matrix. `1 - diag(...)` takes from 1 in every place, off the diagonal "
        "too; `diag(1 - ...)` does so on the diagonal alone.",
        ("network", "D(h, z)", "diag(h) @ (1 - diag(h))"),
        mend={"a @ (1 - b)": "a - a @ b", "(1 - a) @ b": "b - a @ b"},
    ),
    Slip(
        "matmul-for-hadamard",
        "A matrix product stands where the product entry by entry is meant. On paper one dot does for both; here `@` "
        "is the one and `*` the other (or `@ diag(...)`).",
        ("network", "D(J, h) @ D(h, z) @ D(z, x)", "(y_hat - y) @ W2.T @ (h * (1 - h)) @ W1.T"),
        mend=in_several({"a @ b": "a * b"}),
        whole=True,
    ),
    Slip(
        "vector-for-diagonal",
        "A row stands for a matrix. Unit $j$ of $h$ depends on unit $j$ of $z$ alone, so the Jacobian is *diagonal*: "
        "`diag(...)` of that row.",
        ("network", "D(h, z)", "sigma(z) * (1 - sigma(z))"),
        mend={"a": "diag(a)"},
    ),
    Slip(
        "hadamard-for-matmul",
        "A product entry by entry stands where the matrix product `@` is meant.",
        ("network", "D(J, h)", "(y_hat - y) * W2.T"),
        mend=in_several({"a * b": "a @ b"}),
        whole=True,
    ),
    Slip(
        "on-its-side",
        "Every number is there, but the whole lies on its side: it is the transpose of what is asked.",
        ("network", "D(J, h)", "W2 @ (y_hat - y).T"),
        mend={"a @ b": "(a @ b).T"},
        whole=True,
    ),
    Slip(
        "transpose",
        "A `.T` is missing, or one too many: write under each factor how many rows and columns it has. Weights that "
        "lead forwards as they stand lead back transposed.",
        ("network", "D(theta, h)", "W2"),
        mend=in_several({part: f"({part}).T" for part in ("x", "a @ b", "D(a, v)", "a - b")} | {"a.T": "a"}),
        whole=True,
    ),
    Slip(
        "order-of-factors",
        "The factors stand in the wrong order. A row goes through the chain from left to right, and matrices do not "
        "change places.",
        ("network", "D(J, theta) @ D(theta, h)", "W2.T @ (y_hat - y)"),
        mend=rewriting.order,
    ),
    Slip(
        "upside-down",
        "A derivative stands upside down: what is moved stands below, what moves with it above.",
        ("network", "D(J, h)", "D(J, theta) @ D(h, theta)"),
        mend={"D(x, v)": "D(v, x)", "D(x[i], v)": "D(v, x[i])", "D(x[i, j], v)": "D(v, x[i, j])"},
    ),
    Slip(
        "missing-brackets",
        "A pair of brackets is missing: a product or a quotient binds more tightly than a sum or a difference.",
        ("network", "D(J, h) * h * (1 - h)", "(y_hat - y) @ W2.T * h * 1 - h"),
        mend=rewriting.brackets,
    ),
    Slip(
        "missing-brackets",
        "`@` and `*` bind equally tightly, and go from left to right: brackets are missing round what comes first.",
        ("network", "D(J, h) @ D(h, z)", "(y_hat - y) @ W2.T @ diag(h) * (1 - diag(h))"),
        mend={"a @ b * q": "a @ (b * q)", "a * b @ q": "a * (b @ q)"},
    ),
    Slip(
        "term-too-many",
        "The sum runs over one term too many: that one is counted already. Leave it out, as in `sum(expr, j != i)`.",
        ("other", "sum(exp(theta[j]), j)", "exp(theta[i]) + sum(exp(theta[j]), j)"),
        mend={"sum(a, m)": tuple(f"sum(a, m != {letter})" for letter in "ijk")},
    ),
    Slip(
        "factor-too-many",
        "One factor too many stands in this product: without it the line would be right.",
        ("network", "(y_hat - y) @ W2.T", "(y_hat - y) @ D(y_hat, theta) @ W2.T"),
        mend=rewriting.factor_too_many,
        whole=True,
    ),
    Slip(
        "factor-missing",
        "A factor of the line above is missing: compare the two factor by factor.",
        ("network", "D(J, theta) @ D(theta, h) @ D(h, z) @ D(z, x)", "(y_hat - y) @ W2.T @ W1.T"),
        spoil=rewriting.factor_dropped,
    ),
)

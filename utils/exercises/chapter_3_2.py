"""The bank of chapter 3_2: the handwritten page, to be marked line by line and mended."""

from __future__ import annotations

from dataclasses import replace

from utils.derivation import HIDDEN_LAYER, Trap
from utils.exercises import chapter_2a_3
from utils.exercises.derivation import Derivation, WrongChain
from utils.exercises.exercise import Choice, Option
from utils.exercises.sheet import Row, Sheet

KINDS = ("right", "sign", "operator", "index", "rule", "product", "shape")

# The page as it stands, slips included; the comments are the numbers of its lines.
SAME_INDEX_PAGE = r"""
J = ce(y, \hat y), \text{ now } y_k = 1  % A1
\frac{\partial J}{\partial\theta_i} = \frac{\partial J}{\partial\theta_i}\left(-\sum_j y_j\log\hat y_j\right)  % A2
i = k, \text{ so} = \frac{\partial J}{\partial\theta_i}(-y_i\log\hat y_i) = \frac{\partial J}{\partial\theta_i}(-\log\hat y_i)  % A3
= \frac{\partial}{\partial\theta_i}\left(-\log\frac{e^{\theta_i}}{\sum_j e^{\theta_j}}\right)  % A4
= \frac{\partial}{\partial\theta_i}\left(-(\log e^{\theta_i} - \log\sum_j e^{\theta_j})\right)  % A5
= \frac{\partial}{\partial\theta_i}\left(-(\theta_i - \log\sum_j e^{\theta_j})\right)  % A6
= \left(\frac{\partial}{\partial\theta_i}\theta_i\right) - \frac{\partial}{\partial\theta_i}\log\sum_j e^{\theta_j}  % A7
= -\left(-1 - \frac{1}{\sum_j e^{\theta_j}}\cdot e^{\theta_i}\right)  % A8
= -\left(1 - \frac{e^{\theta_i}}{\sum_j e^{\theta_j}}\right) = -1 + \frac{e^{\theta_i}}{\sum_j e^{\theta_j}}  % A9
= \mathrm{softmax}(\theta)_i - 1  % A10
""".lstrip()
OTHER_INDEX_PAGE = r"""
i \ne k: \frac{\partial J}{\partial\theta_i} = \frac{\partial(-\log\hat y_k)}{\partial\theta_i}  % A11
= \frac{\partial}{\partial\theta_i}\left(-\log\frac{e^{\theta_k}}{\sum_j e^{\theta_j}}\right)  % A12
= \frac{\partial}{\partial\theta_i}\left(\theta_k - \log\sum_j e^{\theta_j}\right)  % A13
= -\left(\frac{\partial}{\partial\theta_i}\theta_k - \frac{\partial}{\partial\theta_i}\log\sum_j e^{\theta_j}\right)  % A14
= -\left(0 - \frac{1}{\sum_j e^{\theta_j}}e^{\theta_i}\right) = \hat y_i  % A15
\text{for } i \ne k \text{ or } i = k: \frac{\partial J}{\partial\theta} = \hat y - y  % A16
""".lstrip()
DIAGONAL_PAGE = r"""
\frac{\partial h}{\partial z} = \sigma'(z) = \sigma(z)(1 - \sigma(z))  % B8
""".lstrip()
CHAIN_PAGE = r"""
\frac{\partial J}{\partial x} = \frac{\partial J}{\partial\theta}\cdot\frac{\partial\theta}{\partial h}\cdot\frac{\partial h}{\partial x}  % B1
\theta = h\cdot W_2 + b_2, J = CE(y, \hat y)  % B2
\frac{\partial J}{\partial\theta} = \hat y - y  % B3
\frac{\partial\theta}{\partial h} = \frac{\partial(h\cdot W_2 + b_2)}{\partial h} = W_2^T  % B4
\frac{\partial f_i}{\partial h_j} = \frac{\partial}{\partial h_j}\sum_{k=1}^{D_h} h_k W_{2,k,i} = W_{2,j,i}  % B6
h = \sigma(xW_1 + b_1), z = xW_1 + b_1, \frac{\partial h}{\partial x} = \frac{\partial h}{\partial z}\cdot\frac{\partial z}{\partial x}  % B7
\frac{\partial h}{\partial z} = \sigma'(z) = \sigma(z)(1 - \sigma(z))  % B8
\frac{\partial z}{\partial x} = W_1^T  % B9
\frac{\partial J}{\partial x} = (\hat y - y)\cdot W_2^T\cdot\sigma(xW_1 + b_1)\cdot(1 - \sigma(xW_1 + b_1))\cdot W_1^T  % B10
""".lstrip()

_SAME, _OTHER = (next(e for e in chapter_2a_3.EXERCISES if e.id == f"2a_3.{case}_index") for case in ("same", "other"))
_Q = chapter_2a_3.QUESTION
_SUM = "sum(exp(theta[j]), j)"
OUTER_PRODUCT = "The diagonal is right, but the rest is filled too: that would say that $h_i$ depends on $z_j$."


def _line(slug: str, latex: str, right: str, otherwise: str, told: str = "", /, **feedback: str) -> Row:
    """A line of the page. What is said to whoever finds a slip in a right line tells as well why it is right."""
    told = told or (otherwise if right == "right" else "")
    return Row(slug, f"`{slug}`\u2002{latex}", right, feedback, otherwise, told)


def _chain(slug: str, line: int, *lines: str) -> WrongChain:
    return WrongChain(slug, line, "\n".join(lines))


EXERCISES = [
    Choice(
        id="3_2.right_end",
        title="All is well that ends well?",
        minutes=2,
        level=1,
        question="A derivation begins with the question and ends with the right answer. What do you know of the lines between?",
        options=[
            Option(
                "all",
                "They are right",
                "Each line should equal the one above, but who has checked? A line can be wrong and the next one right again.",
            ),
            Option(
                "even",
                "The number of lost signs is even",
                "That holds if a slip is carried on from line to line. Somebody who knows the answer, or looks at an earlier "
                "line, repairs one without noticing.",
            ),
            Option("nothing", "Nothing"),
            Option(
                "one",
                "At most one of them is wrong",
                "Why one? Whatever goes wrong between two right lines, once or ten times, does not reach the end.",
            ),
        ],
        right="nothing",
        hints=[
            "Have you ever known the answer before you had derived it?",
            "Suppose that line 4 is wrong, and that line 5 was written with an eye on line 3.",
            "Does anything in the last line depend on what line 4 looked like?",
        ],
        notice="The last line is evidence for itself alone. It is the lines between that you quote, implement and reuse, so "
        "each has to be read.",
    ),
    Choice(
        id="3_2.blind",
        title="A blind check",
        minutes=2,
        level=2,
        question="You wrote y - y_hat for y_hat - y. Which of these checks does not notice?",
        options=[
            Option(
                "number",
                "One number: theta = (0, 0), a wiggle of theta_0",
                "It does: the wiggle gives $-\\frac12$ at the true class and the formula $+\\frac12$.",
            ),
            Option(
                "limit",
                "A limit: the model is sure, and wrong",
                "It does: raising the score of the true class must lower the loss, so its entry has to be negative.",
            ),
            Option("sum", "The sum of the entries, which must be 0"),
            Option(
                "descent",
                "One small step downhill: is the loss smaller?",
                "It does: with the sign turned round the step goes uphill, and the loss grows.",
            ),
        ],
        right="sum",
        hints=[
            "Turn every sign of a formula round, and put it to each check in turn.",
            "A check that compares with 0 is of a special kind.",
            "What is minus zero?",
        ],
        notice="$-0 = 0$: whatever must vanish says nothing about signs and factors. So take a number or a limit as well.",
    ),
    Sheet(
        id="3_2.part_2a",
        title="The page, 2(a)",
        minutes=10,
        level=2,
        question="Mark each line: is it right, and if not, of what kind is the slip?",
        options=KINDS,
        rows=[
            _line(
                "A1",
                r"$J = ce(y, \hat y)$, now $y_k = 1$",
                "right",
                "This only says what $J$ is and which class is the true one. Nothing has been derived yet.",
            ),
            _line(
                "A2",
                r"$\displaystyle\frac{\partial J}{\partial\theta_i} = \frac{\partial J}{\partial\theta_i}"
                r"\left(-\sum_j y_j\log\hat y_j\right)$",
                "operator",
                "The sum, its letter and its minus are those of the loss. Look at what stands in front of the brackets.",
                r"$\frac{\partial J}{\partial\theta_i}$ is a number, the very one that is sought. What is meant is "
                r"$\frac{\partial}{\partial\theta_i}$, which waits for something to work on.",
                right=r"Read it aloud: the derivative of $J$, *times* the sum. Is a product meant?",
                sign="The minus of the cross-entropy is there, inside the brackets.",
                product="Good eye: two things are multiplied here. But it is no question of which product; none is meant.",
            ),
            _line(
                "A3",
                r"$i = k$, so $\displaystyle = \frac{\partial J}{\partial\theta_i}(-y_i\log\hat y_i) = "
                r"\frac{\partial J}{\partial\theta_i}(-\log\hat y_i)$",
                "operator",
                "The brackets are right, both of them. Look at what stands in front.",
                "The same slip, twice more. Whoever copies a line copies what is wrong with it.",
                right="It is equal to the line above, and that one was wrong. What stands in front of the brackets?",
                index="In this case $i = k$: one term of the sum is left, and $y_i = 1$. The letters are right.",
            ),
            _line(
                "A4",
                r"$\displaystyle = \frac{\partial}{\partial\theta_i}\left(-\log\frac{e^{\theta_i}}{\sum_j e^{\theta_j}}"
                r"\right)$",
                "right",
                r"This is $-\log\hat y_i$ with $\hat y_i$ written out, under an operator: the derivative that is asked for.",
                "Right again: the operator has come back, though no line above leads to it.",
                operator=r"There is no $J$ in the fraction: this one is an operator, and it has something to work on.",
            ),
            _line(
                "A5",
                r"$\displaystyle = \frac{\partial}{\partial\theta_i}\left(-\left(\log e^{\theta_i} - \log\sum_j "
                r"e^{\theta_j}\right)\right)$",
                "right",
                r"$\log\frac ab = \log a - \log b$, and the minus stands before the whole of it.",
                sign="Count them: one minus before the inner brackets, one between the logarithms. Both belong there.",
            ),
            _line(
                "A6",
                r"$\displaystyle = \frac{\partial}{\partial\theta_i}\left(-\left(\theta_i - \log\sum_j "
                r"e^{\theta_j}\right)\right)$",
                "right",
                r"$\log e^{\theta_i} = \theta_i$, and nothing else has changed.",
            ),
            _line(
                "A7",
                r"$\displaystyle = \left(\frac{\partial}{\partial\theta_i}\theta_i\right) - \frac{\partial}{\partial\theta_i}"
                r"\log\sum_j e^{\theta_j}$",
                "sign",
                "Lay it beside A6 and tick off every symbol. One of them did not arrive.",
                r"The leading minus of A6 is lost: this line is $1 - \hat y_i$.",
                right=r"Put in a number: where $\hat y_i = \frac14$, the derivative in A6 is $-\frac34$. What is this line?",
                operator=r"Both operators have something to work on. Look at what stood before the brackets of A6.",
                rule="The derivative of a difference is the difference of the derivatives: the rule is right. What else was "
                "there in A6?",
            ),
            _line(
                "A8",
                r"$\displaystyle = -\left(-1 - \frac{1}{\sum_j e^{\theta_j}}\cdot e^{\theta_i}\right)$",
                "sign",
                r"Put in a number: where $\hat y_i = \frac14$, this is $\frac54$. Which part of it cannot be?",
                r"$\frac{\partial}{\partial\theta_i}\theta_i = +1$, and here stands $-1$: this line is $1 + \hat y_i$.",
                right=r"Where $\hat y_i = \frac14$, this is $\frac54$. Can pushing one score up by a little move the loss by "
                "more than that little?",
                rule="The chain rule is used rightly, with both of its factors. Look at the other term.",
            ),
            _line(
                "A9",
                r"$\displaystyle = -\left(1 - \frac{e^{\theta_i}}{\sum_j e^{\theta_j}}\right) = -1 + "
                r"\frac{e^{\theta_i}}{\sum_j e^{\theta_j}}$",
                "right",
                "Differentiate A6 for yourself: this is what comes out, and both halves of the line are equal.",
                "Right again, and not because of A8: two slips lie between A6 and here, and neither arrived.",
                sign="It is not equal to A8, true. But it is equal to A6, and that is what counts.",
            ),
            _line(
                "A10",
                r"$= \mathrm{softmax}(\theta)_i - 1$",
                "right",
                r"The fraction is entry $i$ of softmax. And the limit fits: for a model that is sure, $\hat y_i \to 1$, nothing "
                "is left to correct.",
            ),
            _line(
                "A11",
                r"$i \neq k$: $\displaystyle\frac{\partial J}{\partial\theta_i} = \frac{\partial(-\log\hat y_k)}"
                r"{\partial\theta_i}$",
                "right",
                r"Of the sum only the true class is left, and its letter is $k$: that is the loss.",
                operator=r"Here the fraction has $-\log\hat y_k$ on top: a derivative of something, and nothing is multiplied.",
                index=r"$k$ is the true class and $i$ the score that is moved. Two letters, and both are needed.",
            ),
            _line(
                "A12",
                r"$\displaystyle = \frac{\partial}{\partial\theta_i}\left(-\log\frac{e^{\theta_k}}{\sum_j e^{\theta_j}}"
                r"\right)$",
                "right",
                r"$\hat y_k$ written out: $k$ on top, all classes below.",
            ),
            _line(
                "A13",
                r"$\displaystyle = \frac{\partial}{\partial\theta_i}\left(\theta_k - \log\sum_j e^{\theta_j}\right)$",
                "sign",
                "The pieces are the right ones. Compare with A12 what stands in front of them.",
                r"The minus before the logarithm is lost: this line is $-\hat y_i$.",
                right=r"Put in a number: where $\hat y_i = \frac14$, the derivative in A12 is $+\frac14$. And this one?",
                rule="The logarithm of the quotient is split rightly. What stood before that logarithm?",
                index=r"$\theta_k$ is right: the true class stood on top.",
            ),
            _line(
                "A14",
                r"$\displaystyle = -\left(\frac{\partial}{\partial\theta_i}\theta_k - \frac{\partial}{\partial\theta_i}"
                r"\log\sum_j e^{\theta_j}\right)$",
                "right",
                "Compare it with A12: the logarithm is split, and the minus stands before both parts.",
                "Right again: the minus that A13 lost is back.",
                sign="It is not equal to A13, true. Is it equal to A12?",
            ),
            _line(
                "A15",
                r"$\displaystyle = -\left(0 - \frac{1}{\sum_j e^{\theta_j}}e^{\theta_i}\right) = \hat y_i$",
                "right",
                r"$\theta_k$ stands still when $\theta_i$ moves, so its derivative is 0, and of the sum one term is left.",
                sign=r"Minus times minus. And it has to be positive: the score of a wrong class should go down.",
            ),
            _line(
                "A16",
                r"for $i \neq k$ or $i = k$: $\displaystyle\frac{\partial J}{\partial\theta} = \hat y - y$",
                "right",
                r"A10 and A15 in one: $y_i$ is 1 in the one case and 0 in the other.",
                shape="A derivative by all of $\\theta$ has an entry for each class, and so has this row.",
            ),
        ],
        hints=[
            "Do not read for sense, read for symbols: which came, which went, which moved since the line above?",
            r"Put in a number that is nothing special: two classes, $e^{\theta_i} = 1$ and 3 for the other, so that $\hat y_i = "
            r"\frac14$. The case $i = k$ is $-\frac34$ on every right line, the case $i \neq k$ is $+\frac14$. And read the first "
            r"lines aloud.",
            "Five lines are wrong: two near the beginning, two in the middle of the case $i = k$, one in the case $i \\neq k$. "
            "Two kinds of slip are all that you need.",
        ],
        notice="Five wrong lines, and a right result: not one of the five reached the end. Nothing in A16 gives them away.",
    ),
    Sheet(
        id="3_2.part_2b",
        title="The page, 2(b)",
        minutes=7,
        level=3,
        question="Mark each line: is it right, and if not, of what kind is the slip?",
        options=KINDS,
        rows=[
            _line(
                "B1",
                r"$\displaystyle\frac{\partial J}{\partial x} = \frac{\partial J}{\partial\theta}\cdot"
                r"\frac{\partial\theta}{\partial h}\cdot\frac{\partial h}{\partial x}$ (this is the chain rule)",
                "right",
                r"From $J$ back to $x$ by way of $\theta$ and $h$, with nothing left out: $(1, K)(K, H)(H, D)$.",
                product="Here each dot is a matrix product, and the shapes agree: $(1, K)(K, H)(H, D)$.",
            ),
            _line(
                "B2",
                r"$\theta = h\cdot W_2 + b_2$, $\;J = CE(y, \hat y)$",
                "right",
                "This is the network as it was given.",
            ),
            _line(
                "B3",
                r"$\displaystyle\frac{\partial J}{\partial\theta} = \hat y - y$ (from 2(a))",
                "right",
                "The result of 2(a), a row with an entry for each class.",
                sign="What came out minus what should have: the entry of the true class is negative, and must be.",
            ),
            _line(
                "B4",
                r"$\displaystyle\frac{\partial\theta}{\partial h} = \frac{\partial(h\cdot W_2 + b_2)}{\partial h} = W_2^T$; "
                "why?",
                "right",
                r"Row $i$, column $j$ is $\partial\theta_i/\partial h_j$: $K$ rows and $H$ columns, and $W_2^T$ is just that.",
                "The entry by entry reason follows in B5 and B6.",
            ),
            _line(
                "B5",
                r"$f$ is made of $D_y$ functions $f_1, \dots, f_{D_y}$, each of the $D_h$ variables $h_j$",
                "right",
                r"$\theta$ has an entry for each class, and each of them depends on all of $h$.",
            ),
            _line(
                "B6",
                r"$\displaystyle\frac{\partial f_i}{\partial h_j} = \frac{\partial}{\partial h_j}\sum_{k=1}^{D_h} h_k "
                r"W_{2,k,i} = W_{2,j,i}$ (all terms but $k = j$ vanish)",
                "right",
                r"What leads from $h_j$ to entry $i$ is the weight in row $j$, column $i$.",
                "The bias is not written, but it does not depend on $h_j$ either.",
                index="The sum runs over a letter of its own, and only its term with $k = j$ moves. Look at one weight: from "
                "which unit to which?",
                rule="All terms that do not contain $h_j$ have the derivative 0, the bias too. One term is left.",
            ),
            _line(
                "B7",
                r"$\displaystyle\frac{\partial h}{\partial x}$, $h = \sigma(xW_1 + b_1)$, $z = xW_1 + b_1$, $\displaystyle"
                r"\frac{\partial h}{\partial x} = \frac{\partial h}{\partial z}\cdot\frac{\partial z}{\partial x}$",
                "right",
                "The chain rule once more, with $z$ between: two Jacobians, $(H, H)(H, D)$.",
            ),
            _line(
                "B8",
                r"$\displaystyle\frac{\partial h}{\partial z} = \sigma'(z) = \sigma(z)(1 - \sigma(z))$",
                "shape",
                "What is written is right, number by number. Now count: how many numbers should there be?",
                r"A row stands where a matrix is meant. All the derivatives of $h_i$ by $z_j$ with $i \neq j$ are 0, but they are "
                r"there: the Jacobian is $\mathrm{diag}(\sigma'(z))$.",
                right=r"$h$ has $H$ entries and $z$ has $H$. How many derivatives is that, and how many are written here?",
                rule=r"$\sigma' = \sigma(1 - \sigma)$ is right, entry by entry. Count the entries.",
                product=r"$\sigma(z)$ and $1 - \sigma(z)$ are multiplied entry by entry, as they should be. Count what comes "
                "out.",
            ),
            _line(
                "B9",
                r"$\displaystyle\frac{\partial z}{\partial x} = W_1^T$ (in the same way)",
                "right",
                "As in B4, one layer further down: $H$ rows and $D$ columns.",
            ),
            _line(
                "B10",
                r"$\displaystyle\frac{\partial J}{\partial x} = (\hat y - y)\cdot W_2^T\cdot\sigma(xW_1 + b_1)\cdot"
                r"(1 - \sigma(xW_1 + b_1))\cdot W_1^T$",
                "product",
                "All the factors are there, in their order, and no sign is lost. Write the shape under each of them.",
                "One dot stands for two products: two of the four are matrix products, two go entry by entry. Read as matrix "
                "products alone, the line does not even multiply.",
                right="Write the shape under each factor: $(1, K)$, $(K, H)$, $(1, H)$. What would the second dot have to be?",
                shape="The row of B8 is in it, true. But a row can stand here, and the line be right, if its neighbours are "
                "joined to it in the right way. How are they?",
            ),
        ],
        hints=[
            "Write the shape under every factor: $(1, K)$, $(K, H)$, and so on. Then look at the dots.",
            "Two lines are wrong, both in the second half, and not one sign or letter among them.",
            "One line writes down fewer numbers than there are derivatives; in the other, one symbol means two things.",
        ],
        notice="The two slips belong together: with the diagonal matrix every dot is a matrix product, with its diagonal as a "
        "row two of them are not. Either is right, the mixture is not.",
    ),
    replace(
        _SAME,
        id="3_2.repair_same_index",
        title="Mend A2 to A10",
        minutes=6,
        hints=[
            r"Begin with the first mark. An operator is written `D(..., theta[i])`, with what it works on inside.",
            "A line that is marked as carried needs the same mending as the one above it.",
            "The minus of A6 stands before the brackets; write the two derivatives into brackets as well, and keep it there.",
        ],
        notice="A2, A3, A7 and A8 needed you, and now every line follows from the one above it. The rest could stand as it was.",
        accepts=[
            f"""D(J, theta[i])
            D(-sum(y[j] * log(y_hat[j]), j), theta[i])
            D(-y[i] * log(y_hat[i]), theta[i])
            D(-log(y_hat[i]), theta[i])
            D(-log(exp(theta[i]) / {_SUM}), theta[i])
            D(-(log(exp(theta[i])) - log({_SUM})), theta[i])
            D(-(theta[i] - log({_SUM})), theta[i])
            -(D(theta[i], theta[i]) - D(log({_SUM}), theta[i]))
            -(1 - 1 / {_SUM} * exp(theta[i]))
            -(1 - exp(theta[i]) / {_SUM})
            -1 + exp(theta[i]) / {_SUM}
            softmax(theta)[i] - 1""",
        ],
        steps=12,
        given=SAME_INDEX_PAGE,
        mistakes=[
            _chain(
                "value-for-operator",
                2,
                "D(J, theta[i])",
                "D(J, theta[i]) * (-sum(y[j] * log(y_hat[j]), j))",
                "D(J, theta[i]) * (-y[i] * log(y_hat[i]))",
                "y_hat[i] - 1",
            ),
            _chain(
                "lost-minus",
                4,
                _Q,
                "D(-log(y_hat[i]), theta[i])",
                f"D(-(theta[i] - log({_SUM})), theta[i])",
                f"D(theta[i], theta[i]) - D(log({_SUM}), theta[i])",
                f"1 - exp(theta[i]) / {_SUM}",
                "1 - y_hat[i]",
            ),
            _chain(
                "minus-not-distributed",
                4,
                _Q,
                f"D(-log(exp(theta[i]) / {_SUM}), theta[i])",
                f"D(-(theta[i] - log({_SUM})), theta[i])",
                f"-1 - D(log({_SUM}), theta[i])",
                f"-1 - exp(theta[i]) / {_SUM}",
                "-1 - y_hat[i]",
            ),
            _chain(
                "constant-sign",
                4,
                _Q,
                f"D(-(theta[i] - log({_SUM})), theta[i])",
                f"-(D(theta[i], theta[i]) - D(log({_SUM}), theta[i]))",
                f"-(-1 - exp(theta[i]) / {_SUM})",
                "1 + y_hat[i]",
            ),
            _chain(
                "forgot-inner-derivative",
                4,
                _Q,
                f"D(log({_SUM}) - theta[i], theta[i])",
                f"D(log({_SUM}), theta[i]) - 1",
                f"1 / {_SUM} - 1",
            ),
            _chain(
                "operator-doubled",
                4,
                _Q,
                f"D(log({_SUM}) - theta[i], theta[i])",
                f"D(log({_SUM}), theta[i]) - 1",
                f"D(exp(theta[i]) / {_SUM} - 1, theta[i])",
                "D(y_hat[i] - 1, theta[i])",
            ),
            _chain(
                "log-of-quotient",
                3,
                _Q,
                f"D(-log(exp(theta[i]) / {_SUM}), theta[i])",
                f"D(-log(exp(theta[i])) / log({_SUM}), theta[i])",
                f"D(-theta[i] / log({_SUM}), theta[i])",
            ),
        ],
    ),
    replace(
        _OTHER,
        id="3_2.repair_other_index",
        title="Mend A11 to A15",
        minutes=4,
        hints=[
            "Only one line needs you. Which one differs from the line above it?",
            "The logarithm of a quotient is a difference, and a minus stood before that logarithm.",
            "Put the difference into brackets of its own, inside the `D`, and the minus before them.",
        ],
        notice="The minus of A12 now reaches both parts of the logarithm, and every line follows from the one above it.",
        accepts=[
            f"""D(J, theta[i])
            D(-log(y_hat[k]), theta[i])
            D(-log(exp(theta[k]) / {_SUM}), theta[i])
            D(-(theta[k] - log({_SUM})), theta[i])
            -(D(theta[k], theta[i]) - D(log({_SUM}), theta[i]))
            -(0 - 1 / {_SUM} * exp(theta[i]))
            y_hat[i]""",
        ],
        steps=7,
        given=OTHER_INDEX_PAGE,
        mistakes=[
            _chain(
                "lost-minus",
                3,
                "D(-log(y_hat[k]), theta[i])",
                f"D(-log(exp(theta[k]) / {_SUM}), theta[i])",
                f"D(theta[k] - log({_SUM}), theta[i])",
                "-y_hat[i]",
            ),
            _chain(
                "same-index-used",
                4,
                _Q,
                "D(-log(y_hat[k]), theta[i])",
                f"D(-(theta[k] - log({_SUM})), theta[i])",
                f"-(1 - exp(theta[i]) / {_SUM})",
                "y_hat[i] - 1",
            ),
            _chain(
                "wrong-index",
                5,
                _Q,
                "D(-log(y_hat[k]), theta[i])",
                f"D(log({_SUM}) - theta[k], theta[i])",
                f"1 / {_SUM} * D({_SUM}, theta[i])",
                f"exp(theta[k]) / {_SUM}",
                "y_hat[k]",
            ),
            _chain(
                "all-terms-of-the-sum",
                4,
                _Q,
                f"D(log({_SUM}) - theta[k], theta[i])",
                f"1 / {_SUM} * D({_SUM}, theta[i])",
                f"1 / {_SUM} * {_SUM}",
                "1",
            ),
            _chain(
                "forgotten-denominator",
                4,
                _Q,
                f"D(log({_SUM}) - theta[k], theta[i])",
                f"D(log({_SUM}), theta[i])",
                "exp(theta[i])",
            ),
            _chain(
                "softmax-derivative",
                4,
                _Q,
                "D(-log(y_hat[k]), theta[i])",
                "-1 / y_hat[k] * D(y_hat[k], theta[i])",
                "-1 / y_hat[k] * y_hat[k] * (1 - y_hat[k])",
                "y_hat[k] - 1",
            ),
        ],
    ),
    Derivation(
        id="3_2.repair_diagonal",
        title="Mend B8",
        minutes=3,
        level=2,
        setting=HIDDEN_LAYER,
        question="D(h, z)",
        answer="diag(sigma(z) * (1 - sigma(z)))",
        hints=[
            "`D(h, z)` is a matrix, with a row for each entry of $h$ and a column for each entry of $z$.",
            "Unit $i$ of $h$ sees unit $i$ of $z$ and no other. Where in the matrix do the numbers of B8 stand?",
            "The notation has a word that makes a matrix of a row.",
        ],
        notice="The same numbers, in their places: on the diagonal, with zeros for every pair of units that do not touch.",
        traps=[
            Trap(
                "sigma-for-sigma-prime",
                "diag(sigma(z))",
                "The form is right now. But on the diagonal stand the derivatives of $\\sigma$, not its values.",
            ),
            Trap(
                "fed-h",
                "diag(sigma(h) * (1 - sigma(h)))",
                "$\\sigma'$ is taken at $z$. In $h$ the sigmoid is contained already.",
            ),
            Trap(
                "fed-z",
                "diag(z * (1 - z))",
                "$s(1 - s)$ is the derivative if $s$ is $\\sigma(z)$; you put in $z$ itself.",
            ),
            Trap("outer-product", "h.T @ (1 - h)", OUTER_PRODUCT),
            Trap("outer-product", "(1 - h).T @ h", OUTER_PRODUCT),
            Trap(
                "softmax-for-sigmoid",
                "diag(h) - h.T @ h",
                "$\\mathrm{diag}(h) - h^Th$ is the Jacobian of *softmax*, where a common sum ties all entries together. A sigmoid "
                "sees its own $z_j$ alone.",
            ),
        ],
        accepts=["D(h, z)\nD(sigma(z), z)\ndiag(h * (1 - h))", "D(h, z)\ndiag(sigma(z) * (1 - sigma(z)))"],
        mistakes=[
            _chain("vector-for-diagonal", 2, "D(h, z)", "sigma(z) * (1 - sigma(z))"),
            _chain("sigma-for-sigma-prime", 2, "D(h, z)", "diag(sigma(z))"),
            _chain("fed-h", 2, "D(h, z)", "diag(sigma(h) * (1 - sigma(h)))"),
            _chain("fed-z", 2, "D(h, z)", "diag(z * (1 - z))"),
            _chain("vector-for-diagonal", 3, "D(h, z)", "D(sigma(z), z)", "h * (1 - h)", "sigma(z) * (1 - sigma(z))"),
            _chain("operator-lost", 3, "D(h, z)", "D(sigma(z), z)", "sigma(z)"),
            _chain("outer-product", 2, "D(h, z)", "sigma(z).T @ (1 - sigma(z))"),
            _chain("softmax-for-sigmoid", 2, "D(h, z)", "diag(sigma(z)) - sigma(z).T @ sigma(z)"),
        ],
        steps=2,
        given=DIAGONAL_PAGE,
    ),
    Derivation(
        id="3_2.repair_chain",
        title="Mend B1 to B10",
        minutes=6,
        level=3,
        setting=HIDDEN_LAYER,
        question="D(J, x)",
        answer="((y_hat - y) @ W2.T * sigma(z) * (1 - sigma(z))) @ W1.T",
        hints=[
            "Only the last line is marked. Which of its four `@` are matrix products, and which go entry by entry?",
            "Between the line with $\\partial h/\\partial z$ and the last one, put one with the diagonal matrix in it: there every "
            "product is `@`.",
            "A row times a diagonal matrix is the product entry by entry with the diagonal: `row @ diag(v)` is `row * v`. "
            "`W1.T` multiplies the result: on paper that needs brackets; Python reads `@` and `*` from left to right.",
        ],
        notice="Now each product says of which sort it is, and every one of them fits.",
        accepts=[
            """D(J, x)
            D(J, theta) @ D(theta, h) @ D(h, z) @ D(z, x)
            (y_hat - y) @ W2.T @ D(h, z) @ W1.T
            (y_hat - y) @ W2.T @ diag(h * (1 - h)) @ W1.T
            ((y_hat - y) @ W2.T * h * (1 - h)) @ W1.T""",
            """D(J, x)
            D(J, h) @ D(h, x)
            D(J, theta) @ D(theta, h) @ D(h, x)
            (y_hat - y) @ W2.T @ (diag(sigma(z) * (1 - sigma(z))) @ W1.T)
            ((y_hat - y) @ W2.T * h * (1 - h)) @ W1.T""",
        ],
        mistakes=[
            _chain(
                "matmul-for-hadamard",
                4,
                "D(J, x)",
                "D(J, theta) @ D(theta, h) @ D(h, z) @ D(z, x)",
                "(y_hat - y) @ W2.T @ D(h, z) @ W1.T",
                "(y_hat - y) @ W2.T @ sigma(z) @ (1 - sigma(z)) @ W1.T",
            ),
            _chain(
                "transpose",
                4,
                "D(J, x)",
                "D(J, theta) @ D(theta, h) @ D(h, z) @ D(z, x)",
                "(y_hat - y) @ W2.T @ D(h, z) @ D(z, x)",
                "(y_hat - y) @ W2.T @ D(h, z) @ W1",
            ),
            _chain(
                "order-of-factors",
                4,
                "D(J, x)",
                "D(J, theta) @ D(theta, h) @ D(h, z) @ D(z, x)",
                "(y_hat - y) @ W2.T @ D(h, z) @ D(z, x)",
                "(y_hat - y) @ W2.T @ W1.T @ diag(h * (1 - h))",
            ),
            _chain(
                "hadamard-for-matmul",
                3,
                "D(J, x)",
                "D(J, theta) @ D(theta, h) @ D(h, x)",
                "((y_hat - y) * W2.T) @ D(h, x)",
            ),
            _chain(
                "sigma-for-sigma-prime",
                4,
                "D(J, x)",
                "D(J, theta) @ D(theta, h) @ D(h, z) @ D(z, x)",
                "(y_hat - y) @ W2.T @ D(h, z) @ W1.T",
                "((y_hat - y) @ W2.T * sigma(z)) @ W1.T",
            ),
            _chain(
                "lost-minus",
                4,
                "D(J, x)",
                "D(J, z) @ D(z, x)",
                "D(J, theta) @ D(theta, z) @ W1.T",
                "((y - y_hat) @ W2.T * h * (1 - h)) @ W1.T",
            ),
        ],
        steps=3,
        given=CHAIN_PAGE,
    ),
]

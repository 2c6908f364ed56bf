"""The bank as text: what the catalogue's form means, and what is said of a page that is wrong."""

import ast
import inspect
import re
import subprocess
import sys
import traceback
from pathlib import Path

import numpy as np
import pytest

import utils.bank
from utils.bank.catalogue import CatalogueError, code_of, read
from utils.exercises import Choice, Derivation, Exercise, Sheet
from utils.judge.bank import BANK, CHAPTERS, built, chapter_of, get, names
from utils.reference import softmax, softmax_cross_entropy_gradient

FOLDER = Path(utils.bank.__file__).parent
PAGES = sorted(FOLDER.glob("[0-9]*.md"))
KNOWN = names("2a_3")

README = (FOLDER / "README.md").read_text(encoding="utf-8")
FUNCTION = re.search(r"<!-- example -->\n````markdown\n(.*?)````", README, re.DOTALL)[1]
CHOICE = """\
## Which way (`2a_3.direction`)

Choice · 1 minute · level 1

Which logits does a step raise, with $|z|$?

| | Answer | What is said |
|---|---|---|
| `true` | Only that of class 1 | **right** |
| `all` | All of them, \\|z\\| of each | The entries sum to 0, so $\\hat y$ cannot rise in all. |

### Hints
1. One.
2. Two.
3. Three.

### What to notice
They cancel.
"""
SHEET = """\
## The shape of everything (`2a_3.shapes`)

Sheet · 6 minutes · level 1

Which shape has each array?

- `(N, D)`
- `()` a number

### x
$x$, the inputs
- **`(N, D)`** One row for each example.
- `()` That is one number.

### J
$J$
- **`()`**
- *otherwise* How many are left?

### Hints
1. One.
2. Two.
3. Three.

### What to notice
Weights never contain $N$.
"""
DERIVATION = """\
## Case i = k (`2a_3.same_index`)

Derivation · 12 minutes · level 2 · setting `SAME_INDEX`

```text
D(-sum(y[j] * log(y_hat[j]), j), theta[i])
D(-log(y_hat[i]), theta[i])
y_hat[i] - 1
```

| Mistake | What was written | What is said |
|---|---|---|
| other-index-used | `y_hat[i]`, `y_hat[k]` | That is what comes out for $i \\neq k$. |

### Also right
```text
D(J, theta[i])
D(-log(y_hat[i]), theta[i])
y_hat[i] - 1
```

### With a slip
```text
D(J, theta[i])
1 - y_hat[i]  # slip: lost-minus
y_hat[i] - 1

D(J, theta[i])
y_hat[i]  # slip: other-index-used
```

### Hints
1. One.
2. Two.
3. Three.

### What to notice
It is negative.
"""


@pytest.fixture
def page(tmp_path):
    """Writes a page of chapter 2a_3 and reads it."""

    def exercises(*parts):
        file = tmp_path / "2a_3.md"
        file.write_text("# 2a_3\n\nA chapter.\n\n" + "\n".join(parts), encoding="utf-8")
        return read(file, KNOWN)

    return exercises


def exercise(page, *parts):
    return built(page(*parts)[-1])


def slugs(asked):
    return [mistake.slug for mistake in asked.mistakes]


def test_a_function_has_its_facts_its_program_and_its_texts(page):
    asked = exercise(page, FUNCTION)
    assert isinstance(asked, Exercise)
    assert (asked.id, asked.title) == ("2a_3.gradient", "The gradient, for a batch")
    assert (asked.minutes, asked.level, asked.inputs) == (6, 2, KNOWN["batch_and_targets"])
    assert asked.steps.splitlines()[1] == r"dtheta = (y_hat - y) / N  # $\partial J/\partial\theta$"
    assert asked.hints[1] == "$J$ is the *mean* over the rows." and len(asked.hints) == 3
    assert asked.notice.startswith("Every row sums to 0")


def test_the_right_program_is_the_reference_unless_one_is_named(page):
    theta, y = np.array([[1.0, 0.0, -1.0], [2.0, 2.0, 0.0]]), np.eye(3)[[1, 0]]
    right = exercise(page, FUNCTION).reference
    assert np.allclose(right(theta, y), softmax_cross_entropy_gradient(theta, y))
    assert np.allclose(right(theta[0], y[0]), softmax(theta[0]) - y[0])  # a single row is a batch of one
    named = FUNCTION.replace(" · inputs", " · reference `softmax_cross_entropy_gradient` · inputs")
    assert exercise(page, named).reference is softmax_cross_entropy_gradient


def test_every_wrong_answer_is_called_by_its_name_and_every_right_one_passes(page):
    asked = exercise(page, FUNCTION)
    assert slugs(asked) == ["sign", "no-1/N", "no-1/N", "epsilon-patch", "epsilon-patch", "changed-arguments"]
    for mistake in asked.mistakes:
        verdict = asked.check(mistake.formula)
        assert (verdict.state, verdict.mistake) == ("wrong", mistake.slug)
        assert verdict.message == mistake.feedback
    for right in (asked.reference, *asked.accepts):
        assert asked.check(right).state == "right"


def test_the_words_of_a_family_name_the_value(page):
    said = [mistake.feedback for mistake in exercise(page, FUNCTION).mistakes if mistake.slug == "epsilon-patch"]
    assert said == ["Without the 1e-06 it is exact.", "Without the 1e-08 it is exact."]


@pytest.mark.parametrize(
    ("block", "count"),
    [
        ("y_hat - y\nsoftmax(theta) - y\n", 2),  # each expression is a variant, and may use the steps
        ("dtheta = y_hat - y\ndtheta = softmax(theta) - y\n", 2),  # and so is what begins where a step comes again
        ("y_hat = theta\ndtheta = y_hat - y\n", 1),
        ("p = softmax(theta)\np - y\n", 1),
        ("y_hat = 1 * softmax(theta)\ny_hat - y\n", 1),
        ("for c in (1, 2):\n    y_hat - c * y\n    c * y_hat - y\n", 4),
        ("def helper(a):\n    return softmax(a)\n\n\ndef answer(theta, y):\n    return helper(theta) - y\n", 1),
    ],
)
def test_what_a_block_can_hold(page, block, count):
    asked = exercise(
        page, FUNCTION.replace("### Also right", f"### other\n```python\n{block}```\nOther.\n\n### Also right")
    )
    found = [mistake.formula for mistake in asked.mistakes if mistake.slug == "other"]
    assert len(found) == count
    theta, y = np.array([[1.0, 0.0, -1.0], [2.0, 2.0, 0.0]]), np.eye(3)[[1, 0]]
    assert all(np.shape(formula(theta, y)) == (2, 3) for formula in found)


def test_words_that_differ_stand_below_their_own_blocks(page):
    blocks = "### other\n```python\ny_hat\n```\nFirst.\n```python\ntheta\n```\nSecond, in\ntwo lines.\n\n### Also right"
    asked = exercise(page, FUNCTION.replace("### Also right", blocks))
    assert [m.feedback for m in asked.mistakes if m.slug == "other"] == ["First.", "Second, in two lines."]


def test_more_can_be_told_of_a_mistake(page):
    more = FUNCTION.replace("| What is said |\n|", "| What is said | steps |\n|---|").replace(
        "uphill. |", "uphill. | `dtheta` |"
    )
    more = more.replace("of the row losses, so each row counts only $1/N$. |", "of the losses. | |")
    more = more.replace("it is exact. |", "it is exact. | |").replace(
        "caller's targets.\n", "caller's targets.\n- steps: `y_hat`\n"
    )
    steps = {mistake.slug: mistake.steps for mistake in exercise(page, more).mistakes}
    assert steps == {"sign": ("dtheta",), "no-1/N": (), "epsilon-patch": (), "changed-arguments": ("y_hat",)}


def test_an_exercise_like_another_one_has_its_mistakes_and_may_say_other_words(page):
    second = FUNCTION.replace("2a_3.gradient", "2a_3.again").replace("level 2", "level 3 · like `2a_3.gradient`")
    table = re.compile(r"\| no-1/N.*\n\| epsilon-patch.*\n")
    second = table.sub("", second).replace("the gradient points uphill", "look at the sign")
    asked = exercise(page, FUNCTION, second)
    assert slugs(asked) == ["no-1/N", "no-1/N", "epsilon-patch", "epsilon-patch", "sign", "changed-arguments"]
    assert "look at the sign" in next(m.feedback for m in asked.mistakes if m.slug == "sign")


def test_a_choice(page):
    asked = exercise(page, CHOICE)
    assert isinstance(asked, Choice) and asked.right == "true"
    assert asked.question == "Which logits does a step raise, with $|z|$?"
    assert [option.label for option in asked.options] == ["Only that of class 1", "All of them, |z| of each"]
    assert asked.check("true").state == "right"
    assert asked.check("all").message == "The entries sum to 0, so $\\hat y$ cannot rise in all."


def test_a_sheet(page):
    asked = exercise(page, SHEET)
    assert isinstance(asked, Sheet)
    assert asked.labels == {"(N, D)": "(N, D)", "()": "a number"}
    assert asked.check(asked.solution).state == "right"
    x, j = asked.rows
    assert (x.label, x.told, x.feedback) == (
        "$x$, the inputs",
        "One row for each example.",
        {"()": "That is one number."},
    )
    assert (j.told, j.feedback, j.otherwise) == ("", {}, "How many are left?")
    assert x.otherwise == "This does not fit here."


def test_a_derivation(page):
    asked = exercise(page, DERIVATION)
    assert isinstance(asked, Derivation) and asked.setting is KNOWN["SAME_INDEX"]
    assert (asked.question, asked.answer) == ("D(-sum(y[j] * log(y_hat[j]), j), theta[i])", "y_hat[i] - 1")
    assert [text.count("\n") for text in asked.accepts] == [2, 2]
    assert [(trap.slug, trap.text) for trap in asked.traps] == [
        ("other-index-used", "y_hat[i]"),
        ("other-index-used", "y_hat[k]"),
    ]
    assert [(wrong.slug, wrong.line) for wrong in asked.mistakes] == [("lost-minus", 2), ("other-index-used", 2)]
    assert asked.mistakes[0].text == "D(J, theta[i])\n1 - y_hat[i]\ny_hat[i] - 1"
    assert all(asked.check(text).state == "right" for text in asked.accepts)
    assert all(asked.check(wrong.text).state == "wrong" for wrong in asked.mistakes)


def test_a_traceback_points_into_the_page(page):
    broken = FUNCTION.replace("dtheta = (y - y_hat) / N", "dtheta = (y - y_hat) @ y / N")
    formula = exercise(page, broken).mistakes[0].formula
    with pytest.raises(ValueError, match="matmul") as caught:
        formula(np.ones((2, 3)), np.ones((2, 3)))
    last = traceback.extract_tb(caught.value.__traceback__)[-1]
    line = 4 + broken.split("\n").index(next(row for row in broken.split("\n") if row.startswith("| sign")))
    assert Path(last.filename).name == f"2a_3.md:{line + 1}"
    assert last.line == "dtheta = (y - y_hat) @ y / N"


def test_the_source_of_an_answer_can_be_read_as_that_of_any_function(page):
    sign, *_, changes = exercise(page, FUNCTION).mistakes
    assert inspect.getsource(sign.formula).splitlines() == [
        "def gradient(theta, y):",
        "    N = rows(theta)",
        "    y_hat = softmax(theta)",
        "    dtheta = (y - y_hat) / N",
        "    return dtheta",
    ]
    assert inspect.getsource(changes.formula).startswith("def changes_y(theta, y):\n    y -= softmax(theta)\n")


# ---- a page that is wrong


def edited(text, old, new):
    assert old in text
    return text.replace(old, new)


HINTS_OF_A_CHOICE = "### Hints\n1. One.\n2. Two.\n3. Three.\n"
WRONG = {
    "a heading that is no exercise": (FUNCTION, "(`2a_3.gradient`)", "", 1, "is no exercise", "`2a_3.name`"),
    "an exercise of another chapter": (FUNCTION, "`2a_3.gradient`", "`2b_1.gradient`", 1, "is no exercise", "2a_3"),
    "no facts": (
        FUNCTION,
        "Function of `theta`, `y` · 6 minutes · level 2 · inputs `batch_and_targets`\n",
        "",
        1,
        "no line of facts",
        "5 minutes",
    ),
    "an unknown kind": (FUNCTION, "Function of `theta`, `y`", "Funktion", 3, "'Funktion' is no kind", "Derivation"),
    "no minutes": (FUNCTION, " · 6 minutes", "", 3, "minutes are not told", "5 minutes"),
    "no fact": (FUNCTION, "level 2", "level two", 3, "'level two' is no fact", "backticks"),
    "an unknown fact": (FUNCTION, "level 2", "level 2 · colour 3", 1, "'colour' is no fact", "silent"),
    "an unknown draw": (
        FUNCTION,
        "`batch_and_targets`",
        "`batch_and_target`",
        3,
        "'batch_and_target'",
        "'batch_and_targets'",
    ),
    "an unknown law": (
        FUNCTION,
        "level 2",
        "level 2 · laws `rows_sum_to_zeros`",
        3,
        "'rows_sum_to_zeros'",
        "would fit",
    ),
    "an unknown setting": (DERIVATION, "`SAME_INDEX`", "`SAME_INDX`", 3, "'SAME_INDX'", "'SAME_INDEX'"),
    "no inputs": (FUNCTION, " · inputs `batch_and_targets`", "", 1, "'inputs' is not told", "inputs"),
    "a program that is no steps": (
        FUNCTION,
        "y_hat = softmax(theta)  ",
        "print(theta)  ",
        6,
        "not a step a line",
        "name = ",
    ),
    "a formula that does not compile": (
        FUNCTION,
        "(y - y_hat) / N`",
        "(y - y_hat / N`",
        12,
        "does not compile",
        "Python",
    ),
    "a block that does not compile": (
        FUNCTION,
        "y -= softmax(theta)",
        "y -= = softmax",
        19,
        "does not compile",
        "Python",
    ),
    "an unknown step": (
        FUNCTION,
        "`dtheta = (y - y_hat)",
        "`dthta = (y - y_hat)",
        12,
        "'dthta' is no step",
        "'dtheta'",
    ),
    "an unknown name": (FUNCTION, "softmax(theta) - y`", "sofmax(theta) - y`", 13, "'sofmax' is no name", "'softmax'"),
    "a mistake without words": (
        FUNCTION,
        "The values are right, but `y -= ...` writes into the caller's targets.\n",
        "",
        16,
        "has no words",
        "paragraph",
    ),
    "a row without words": (
        FUNCTION,
        " Every entry has the wrong sign: the gradient points uphill. ",
        " ",
        12,
        "has no words",
        "third cell",
    ),
    "a mistake without a formula": (
        FUNCTION,
        "`dtheta = (y - y_hat) / N`",
        "a sign",
        12,
        "has no formula",
        "backticks",
    ),
    "words without a block": (
        FUNCTION,
        "### Also right\n",
        "### other\nWords.\n\n### Also right\n",
        24,
        "has no formula",
        "block",
    ),
    "a name with spaces": (
        FUNCTION,
        "### changed-arguments",
        "### changed arguments",
        16,
        "no part of an exercise",
        "hyphens",
    ),
    "a heading twice": (FUNCTION, "### Also right", "### changed-arguments", 24, "a second heading", "line"),
    "an exercise twice": (FUNCTION + FUNCTION, "x", "x", 36, "a second exercise 2a_3.gradient", "line 5"),
    "a missing hint": (
        FUNCTION,
        "3. One division, in the right brackets, is left.\n",
        "",
        29,
        "has 2 hints",
        "list of 3",
    ),
    "no hints": (CHOICE, HINTS_OF_A_CHOICE, "", 1, "has 0 hints", "### Hints"),
    "nothing to notice": (CHOICE, "### What to notice\nThey cancel.\n", "", 1, "says nothing", "What to notice"),
    "like nothing": (
        FUNCTION,
        "level 2",
        "level 2 · like `2a_3.gradent`",
        3,
        "no exercise that 2a_3.gradient can be",
        "chapter",
    ),
    "an answer twice": (CHOICE, "`all`", "`true`", 10, "a second answer 'true'", "name of its own"),
    "no right answer": (CHOICE, "**right**", "Words.", 7, "no answer of 2a_3.direction is right", "**right**"),
    "two right answers": (
        CHOICE,
        "The entries sum to 0, so $\\hat y$ cannot rise in all.",
        "**right**",
        10,
        "a second right",
        "one",
    ),
    "a choice with a mistake": (
        CHOICE,
        "### Hints",
        "### other\nWords.\n\n### Hints",
        12,
        "no part of a choice",
        "table",
    ),
    "an answer with nothing said": (
        CHOICE,
        "The entries sum to 0, so $\\hat y$ cannot rise in all.",
        "",
        10,
        "nothing is said",
        "Words",
    ),
    "an unknown answer": (SHEET, "- `()` That", "- `(N,)` That", 13, "'(N,)' is no answer", "'()'"),
    "a row with no right answer": (SHEET, "**`()`**", "`()` No.", 15, "no answer of row 'J' is right", "bold"),
    "a derivation of one line": (
        DERIVATION,
        "D(-log(y_hat[i]), theta[i])\ny_hat[i] - 1\n```\n\n|",
        "```\n\n|",
        6,
        "has one line",
        "question",
    ),
    "a slip that is not marked": (
        DERIVATION,
        "  # slip: lost-minus",
        "",
        24,
        "no lines of a derivation",
        "# slip: name",
    ),
    "a quotation": (FUNCTION, "### Hints", "> Words.\n\n### Hints", 29, "a blockquote", "Headings, paragraphs"),
}


@pytest.mark.parametrize(("text", "old", "new", "line", "found", "fits"), WRONG.values(), ids=WRONG.keys())
def test_a_wrong_page_says_where_what_was_found_and_what_fits(page, text, old, new, line, found, fits):
    with pytest.raises(CatalogueError) as caught:
        exercise(page, edited(text, old, new))
    error = caught.value
    assert error.file.name == "2a_3.md" and str(error).startswith(f"{error.file}, line {error.line}: ")
    assert error.line == line + 4  # the page begins with a title of its own
    assert found in error.found
    assert fits in error.fits


# ---- the pages as they are


def test_a_page_is_read_when_its_chapter_is_first_asked_for():
    code = (
        "from utils.judge import bank; before = bank.exercises.cache_info().currsize; bank.get('00.one_hot');"
        "assert '3_3.step' in bank.BANK; print(before, bank.exercises.cache_info().currsize)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.split() == ["0", "2"], done.stderr


def test_the_bank_is_a_mapping_by_id():
    assert [chapter for chapter in CHAPTERS if any(chapter_of(id) == chapter for id in BANK)] == list(CHAPTERS)
    assert len(BANK) == len(list(BANK)) and all(BANK[id].id == id for id in BANK)
    assert "2a_1.nothing" not in BANK and "" not in BANK and 3 not in BANK and None not in BANK
    with pytest.raises(ValueError, match=r"2a_3\.gradient"):
        get("2a_3.gradiant")


@pytest.mark.parametrize("file", [pytest.param(file, id=file.stem) for file in PAGES])
def test_ruff_has_nothing_to_say_of_the_blocks(file):
    lines = [""] * (file.read_text(encoding="utf-8").count("\n") + 1)
    for line, code in code_of(file):
        for number, text in enumerate(code.rstrip("\n").split("\n"), line - 1):
            lines[number] += ("; " if lines[number] else "") + text  # several cells of one row
    ignored = "B015,B018,B023,E3,E501,E70,F811,I,RUF005,W"
    known = sorted({*names(file.stem), "N", *_bound("\n".join(lines)), *_arguments(file)})
    settings = ["--isolated", "--select", "E,F,W,B,UP,SIM,RUF", "--ignore", ignored, "--config", f"builtins = {known}"]
    ruff = [sys.executable, "-m", "ruff", "check", *settings, "--stdin-filename", f"{file.stem}.py", "-"]
    done = subprocess.run(ruff, input="\n".join(lines), capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def _bound(code):
    tree = ast.parse(code)
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}


def _arguments(file):
    return {name for id in BANK if chapter_of(id) == file.stem for name in _of_function(BANK[id])}


def _of_function(asked):
    return asked.inputs(np.random.default_rng(0))[0].arguments if isinstance(asked, Exercise) else ()


@pytest.mark.parametrize("id", [id for id in BANK if isinstance(BANK[id], Exercise) and PAGES])
def test_a_function_is_asked_of_the_arguments_that_are_drawn(id):
    from utils.judge.bank import entries

    entry = entries(chapter_of(id))[id]
    assert entry.arguments == tuple(_of_function(BANK[id]))

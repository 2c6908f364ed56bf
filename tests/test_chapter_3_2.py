"""Proofreading: the page's marks agree with what the checker finds in it, it can be mended, and the game is fair."""

import re
from functools import cache

import pytest
from matplotlib.mathtext import MathTextParser

from utils.exercises import get
from utils.judge.algebra import SLIPS, Unreadable, lines_of, parse
from utils.judge.algebra.judge import CASE, _Judge
from utils.judge.bank import exercises
from utils.judge.derivation import Derivation
from utils.panels import derivation, verdict
from utils.panels import spot_the_slip as game
from utils.panels.progress import Progress
from utils.panels.spot_the_slip import HOLDS, KIND, NAME, TOO_CLOSE, Game, Puzzle, deck, pool
from utils.teach import notebooks

EXERCISES = list(exercises("3_2").values())

KINDS = get("3_2.part_2a").labels
REPAIRS = [e for e in EXERCISES if isinstance(e, Derivation)]
MARKED = {"3_2.part_2a": ("same_index", "other_index"), "3_2.part_2b": ("diagonal", "chain")}
# Which mark of the sheet stands for a slip that the checker names.
CALLED = {
    "value-for-operator": "operator",
    "lost-minus": "sign",
    "constant-sign": "sign",
    "vector-for-diagonal": "shape",
    "matmul-for-hadamard": "product",
}


def found(page):
    """The number of each line of a page, with what is found in it: of what is written twice, the first."""
    asked = get(f"3_2.repair_{page}")
    steps = iter(asked.read(asked.given).steps)
    for line in asked.given.splitlines():
        formula, _, number = line.partition("%")
        here = [next(steps) for _ in lines_of(formula)]
        yield number.strip(), next((step for step in here if step.status != "right"), here[-1])


# ---- the page -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("id", MARKED)
def test_the_marks_of_the_sheet_are_what_the_checker_finds_in_the_page_as_it_stands(id):
    solution, seen, above = get(id).solution, set(), "right"
    for page in MARKED[id]:
        for number, step in found(page):
            seen.add(number)
            above = {"right": "right", "carried": above}.get(step.status) or CALLED[step.slug]
            assert solution[number] == above, number
    assert set(solution) - seen <= {"B5"}, "B5 is prose"


def test_the_page_has_all_its_lines_and_exactly_the_slips_that_were_found_on_it():
    first, second = (get(id).solution for id in MARKED)
    assert list(first) == [f"A{n}" for n in range(1, 17)] and list(second) == [f"B{n}" for n in range(1, 11)]
    assert {n: mark for n, mark in (first | second).items() if mark != "right"} == {
        "A2": "operator",
        "A3": "operator",
        "A7": "sign",
        "A8": "sign",
        "A13": "sign",
        "B8": "shape",
        "B10": "product",
    }


@pytest.mark.parametrize("id", MARKED)
def test_no_number_that_is_advised_is_a_special_one(id):
    said = [
        *get(id).hints,
        *(text for row in get(id).rows for text in (row.told, row.otherwise, *row.feedback.values())),
    ]
    assert not [text for text in said if re.search(r"\\theta = \(0, 0\)|\\hat y_i = \\frac12", text)]


@pytest.mark.parametrize("id", MARKED)
def test_every_line_can_be_typeset_and_every_slip_is_explained_when_it_is_found(id):
    for row in get(id).rows:
        assert row.told or row.right == "right", row.slug
        assert row.otherwise != "This does not fit here.", row.slug
        if row.right != "right":
            assert row.feedback["right"], "whoever overlooks a slip is shown where to look"
        for formula in re.findall(r"\$([^$]+)\$", row.label.replace(r"\displaystyle", "")):
            MathTextParser("path").parse(f"${formula}$")


# ---- mending it ---------------------------------------------------------------------------------------------------


def test_what_is_said_of_a_mended_chain_is_true_without_brackets_and_with_a_diagonal_matrix():
    asked = get("3_2.repair_chain")
    above = ["D(J, x)", "D(J, theta) @ D(theta, h) @ D(h, x)", "D(J, theta) @ D(theta, h) @ D(h, z) @ D(z, x)"]
    ends = [
        "(y_hat - y) @ W2.T * sigma(z) * (1 - sigma(z)) @ W1.T",
        "(y_hat - y) @ W2.T @ diag(sigma(z) * (1 - sigma(z))) @ W1.T",
    ]
    for end in ends:
        text = "\n".join([*above, "(y_hat - y) @ W2.T @ D(h, z) @ W1.T", end])
        assert asked.check(text).state == "right", end
    assert "so brackets are needed" not in asked.hints[2] and "Two matrix products" not in asked.notice


def test_what_is_said_of_the_mended_other_case_is_true_without_brackets():
    asked = get("3_2.repair_other_index")
    text = get("3_2.repair_other_index").given.replace("(\\theta_k - \\log", "(-\\theta_k + \\log")
    assert asked.check(text).state == "right" and "brackets" not in asked.notice


def cells(folder):
    path = notebooks.ROOT / folder / "3_2_proofreading.ipynb"
    return {cell.id: cell.source for cell in notebooks.parse(path.read_text(encoding="utf-8")).cells}


@pytest.mark.parametrize("asked", REPAIRS, ids=lambda e: e.id)
def test_the_reader_is_given_the_page_and_mends_it_where_it_stands(asked):
    (given,) = (s for s in cells("notebooks").values() if s.startswith(f"%%derivation {asked.id}\n"))
    assert given.partition("\n")[2] + "\n" == asked.given
    verdict, reading = asked.examine(asked.given)
    assert verdict.state == "not attempted" and reading.first_slip, "marked, and no attempt yet"


@pytest.mark.parametrize("asked", REPAIRS, ids=lambda e: e.id)
def test_the_mended_page_keeps_every_line_that_was_right(asked):
    (mended,) = (s for s in cells("solutions").values() if s.startswith(f"%%derivation {asked.id}\n"))
    kept = {step.text for step in asked.read(asked.given).steps if step.status == "right"}
    assert kept <= set(lines_of(mended.partition("\n")[2])) and asked.check(mended.partition("\n")[2]).state == "right"


def test_a_page_that_is_only_shown_counts_for_nobody(monkeypatch):
    progress = Progress(None)
    for module in (derivation, verdict):
        monkeypatch.setattr(module, "display", lambda bundle, **_: None)
    monkeypatch.setattr(derivation, "PROGRESS", progress)
    monkeypatch.setattr(derivation, "LATEST", {})
    wrong = "D(J, x)\n(y_hat - y) * W2.T"
    derivation._magic(" 3_2.repair_chain  record=False ", wrong)
    assert not progress.entries() and not derivation.LATEST
    derivation._magic(" 3_2.repair_chain ", wrong)
    assert progress.state("3_2.repair_chain") == "wrong" and derivation.LATEST["3_2.repair_chain"] == wrong


# ---- the game -----------------------------------------------------------------------------------------------------

PUZZLES = [Puzzle(asked, wrong, ()) for group in pool().values() for asked, wrong in group]
SEEDS = range(60)
deal = cache(deck)
each_puzzle = pytest.mark.parametrize("puzzle", PUZZLES, ids=lambda p: f"{p.asked.id}-{p.wrong.slug}-{p.wrong.line}")


def dealt():
    return [puzzle for seed in SEEDS for puzzle in deal(seed)]


def test_there_are_enough_puzzles_from_several_chapters_and_of_every_kind():
    assert len(PUZZLES) >= 30 and len(pool()) >= 2 * game.ROUNDS
    assert {KIND[slug] for slug in pool()} == set(KINDS) - {"right"}
    assert len({puzzle.asked.id.partition(".")[0] for puzzle in PUZZLES}) >= 2


@each_puzzle
def test_a_puzzle_has_one_slip_at_the_line_the_judge_says_and_of_the_name_it_says(puzzle):
    wrong = [step for step in puzzle.reading.steps if step.status not in ("right", "carried")]
    assert [(step.number, step.slug) for step in wrong] == [(puzzle.wrong.line, puzzle.wrong.slug)]
    assert puzzle.slip is wrong[0] and puzzle.slip.number > 1
    assert all(step.latex for step in puzzle.reading.steps), "every line is typeset"


@each_puzzle
def test_no_other_slip_explains_the_line_as_well(puzzle):
    asked, slip = puzzle.asked, puzzle.slip
    above = puzzle.reading.steps[slip.number - 2].tree
    judge = _Judge(asked.setting, *(parse(text, asked.setting.names) for text in (asked.question, asked.answer)), ())
    try:
        value = judge.world.value(slip.tree)
    except Unreadable:
        value = None
    needs = {}
    for other in SLIPS:
        judge.tries = 10_000
        if value is None:
            ranks = [0] if other.mend and judge.mends(other, slip.tree, judge.right) else []
        else:
            ranks = list(judge.explanations(other, slip.tree, value, above, judge.right))
        needs[other.slug] = min([*ranks, needs.get(other.slug, CASE + 1)])
    for other, rank in needs.items():
        if other in KIND and other != slip.slug and {other, slip.slug} not in TOO_CLOSE:
            assert rank > min(needs.get(slip.slug, CASE), CASE), (
                f"{other} can be said of this line too: the two belong into TOO_CLOSE"
            )


@pytest.mark.parametrize("seed", SEEDS)
def test_every_deck_is_fair(seed):
    puzzles = deal(seed)
    assert len(puzzles) == game.ROUNDS == len({puzzle.wrong.slug for puzzle in puzzles})
    for puzzle in puzzles:
        assert puzzle.wrong.slug in puzzle.choices and 3 <= len(set(puzzle.choices)) <= game.CHOICES
        assert not any({slug, puzzle.wrong.slug} in TOO_CLOSE for slug in puzzle.choices)


def test_hardly_a_puzzle_has_less_than_four_names_that_its_lines_allow():
    fewer = {puzzle.wrong for puzzle in dealt() if len(puzzle.choices) < game.CHOICES}
    assert len(fewer) <= 1


def test_a_second_name_of_a_kind_is_offered_only_where_no_other_kind_has_one_that_fits():
    twice = [puzzle for puzzle in dealt() if len({KIND[slug] for slug in puzzle.choices}) < game.CHOICES]
    assert 0 < len(twice) < len(dealt()) / 3
    for puzzle in twice:
        held, slug = game._held(puzzle.asked, puzzle.wrong), puzzle.wrong.slug
        fits = {name for name in pool() if held.issuperset(NAME[name].needs) and {name, slug} not in TOO_CLOSE}
        assert {KIND[name] for name in fits} <= {KIND[name] for name in puzzle.choices}


# What stands in the two lines as they are typed, for the names that speak of it; read by eye, not by the game.
SPOKEN_OF = {
    r"D\(": ["value-for-operator", "operator-doubled", "operator-lost", "sigma-for-sigma-prime"],
    r"\[": [slug for slug in KIND if KIND[slug] == "index"],
    r"sum\(": ["diagonal-only", "all-terms-of-the-sum", "log-of-sum"],
    r"log": ["log-of-quotient", "log-of-sum"],
    r"/": ["forgotten-denominator", "reciprocal-split", "numerators-subtracted"],
    r"D\(.*/": ["square-lost", "product-rule", "reciprocal-rule"],
    r"\(.+ [-+] .+\)": ["minus-not-distributed", "missing-brackets"],
    r" \* ": ["hadamard-for-matmul"],
    r"@|D\(h, z\)|D\(sigma\(z\), z\)|D\(J, x\)": [
        slug for slug in KIND if KIND[slug] in ("shape", "product") and slug not in ("missing-brackets", "upside-down")
    ],
    r"sigma|D\(h, z\)|, [xz]\)": ["sigma-for-sigma-prime", "vector-for-diagonal", "no-prime"],
    r"D\(\w+(\[\w\])?, ": ["upside-down"],
    r"\by\b|J": ["forgot-y"],
}


def test_a_name_is_offered_only_where_the_lines_hold_what_it_speaks_of():
    for puzzle in dealt():
        two = "\n".join(lines_of(puzzle.wrong.text)[puzzle.wrong.line - 2 : puzzle.wrong.line])
        for what, slugs in SPOKEN_OF.items():
            if not re.search(what, two):
                assert not set(slugs) & set(puzzle.choices) - {puzzle.wrong.slug}, two


def test_the_case_that_is_not_given_is_never_said_to_be_taken_for_itself():
    for puzzle in dealt():
        setting = puzzle.asked.setting
        others = {"same-index-used", "other-index-used"} & set(puzzle.choices)
        assert others <= (
            {"other-index-used" if setting.same else "same-index-used"} if "k" in setting.indices else set()
        )


def test_the_names_need_nothing_that_no_line_can_hold():
    assert {need for name in NAME.values() for need in name.needs} <= {*HOLDS, "matrices", "i = k", "i != k"}


def test_the_same_seed_is_the_same_game_and_another_one_another():
    assert deck(3) == deck(3) and deck(3) != deck(4)


def test_a_game_shares_no_puzzle_with_the_three_before_it():
    for seed in SEEDS[3:]:
        before = {id(puzzle.wrong) for each in range(seed - 3, seed) for puzzle in deal(each)}
        assert not before & {id(puzzle.wrong) for puzzle in deal(seed)}, seed


def test_all_puzzles_come_up_sooner_or_later():
    drawn = {(puzzle.asked.id, puzzle.wrong.text) for seed in range(150) for puzzle in deck(seed)}
    assert drawn == {(puzzle.asked.id, puzzle.wrong.text) for puzzle in PUZZLES}


def test_two_points_a_round_for_line_and_name_at_the_first_attempt():
    played = Game(0)
    while True:
        played.pick(played.puzzle.wrong.line)
        assert played.found == 1
        played.name(played.puzzle.wrong.slug)
        if played.over:
            break
        played.go_on()
        assert played.found == 0
    assert played.points == 2 * game.ROUNDS


def test_a_second_attempt_finds_it_too_but_for_no_point():
    played = Game(1)
    puzzle = played.puzzle
    played.pick(1)
    assert played.found == 0
    played.pick(puzzle.wrong.line)
    assert (played.found, played.points) == (1, 0)
    played.name(next(slug for slug in puzzle.choices if slug != puzzle.wrong.slug))
    assert played.found == 1
    played.name(puzzle.wrong.slug)
    assert (played.found, played.points, played.over) == (2, 0, False)


def test_what_is_found_already_can_be_pressed_again_for_no_point():
    played = Game(2)
    line, slug = played.puzzle.wrong.line, played.puzzle.wrong.slug
    for _ in range(3):
        played.pick(line)
    played.name(next(name for name in KIND if name != slug))
    played.pick(line)
    for _ in range(3):
        played.name(slug)
    assert (played.found, played.points) == (2, 1)


def test_what_is_said_of_a_line_is_what_was_found_in_it():
    said = set()
    for puzzle in PUZZLES:
        played = Game(0)
        played.puzzles = [puzzle]
        for step in puzzle.reading.steps:
            message = played.pick(step.number)
            expected = (
                "it is"
                if step is puzzle.slip
                else "the question itself"
                if step.number == 1
                else "carries the slip on"
                if step.status == "carried"
                else "right again"
                if step.number > puzzle.slip.number
                else f"equal to line {step.number - 1}"
            )
            assert expected in message
            said.add(expected[:8])
        for slug in KIND:
            message = played.name(slug)
            assert message.startswith("Yes" if slug == puzzle.wrong.slug else "Not that: then ")
            assert message.count("$") % 2 == 0 and message.count("`") % 2 == 0 and message[-1] in ".?)"
    assert len(said) == 5


def test_each_wrong_name_is_answered_by_what_would_be_seen_of_it():
    played = Game(0)
    said = {played.name(slug) for slug in KIND if slug != played.puzzle.wrong.slug}
    assert len(said) == len(KIND) - 1
    slip = played.puzzle.slip.number
    assert all(
        f"line {slip}" in message and f"line {slip - 1}" in message and "{" not in message.replace("{y", "")
        for message in said
    )


def test_the_wrong_term_of_the_sum_is_answered_by_the_right_one():
    (puzzle,) = (p for p in PUZZLES if p.asked.id == "2a_3.other_index" and "D(-log(y_hat[i])" in p.slip.text)
    assert r"of the sum the term with $\hat y_k$ is left" in puzzle.slip.reason


def test_the_numbers_of_a_slip_are_told_where_there_are_numbers():
    played = Game(0)
    played.puzzles = [
        next(p for p in PUZZLES if p.asked.id == "3_2.repair_same_index" and p.wrong.slug == "lost-minus")
    ]
    assert "at `theta = (1, 0, -1), i = k = 0` it is 0.335, and line 3 is -0.335" in played.pick(4)


@pytest.fixture
def table(monkeypatch):
    shown = []
    monkeypatch.setattr("utils.figures.page.display", lambda bundle, **_: shown.append(bundle))
    tables = []
    monkeypatch.setattr(game, "_Table", lambda seed, make=game._Table: tables.append(make(seed)) or tables[-1])
    game.spot_the_slip(5)
    assert shown[0]["text/plain"] == (
        "Spot the slip, game 5: 10 derivations with one slip each. Run this cell to play."
    )
    return tables[0]


def off(table):
    """The numbers of the lines that cannot be pressed."""
    rows = table.rows[: len(table.lines.children)]
    return [number for number, row in enumerate(rows, 1) if row.button.spec["options"][0]["off"]]


def point(table, number):
    table.rows[number - 1].button.press("line")


def test_a_game_is_played_through_by_pressing_and_another_one_begins(table):
    first = table.rows[0].button
    for number in range(1, game.ROUNDS + 1):
        puzzle = table.game.puzzle
        steps = len(puzzle.reading.steps)
        assert f"Round {number} of 10" in table.head.value
        assert len(table.lines.children) == steps and table.names.layout.display == "none" and off(table) == []
        point(table, 1)
        assert "the question itself" in table.told.value and off(table) == [1]
        assert "the question itself" in first.spec["said"][1], "who hears the page hears it, too"
        point(table, puzzle.wrong.line)
        assert off(table) == list(range(1, steps + 1)) and table.names.layout.display is None
        assert table.rows[puzzle.wrong.line - 1].button.labels["line"] == f"✓ line {puzzle.wrong.line}"
        assert table.on.layout.display == "none"
        table.names.press(puzzle.wrong.slug)
        assert f"<code>{puzzle.wrong.slug}</code>" in table.told.value and f"points: {number}" in table.head.value
        assert table.on.layout.display is None
        table.on.press("on")
        assert table.rows[0].button is first, "the button that gets the focus is on the page already"
    assert table.game.seed == 6 and "Round 1 of 10" in table.head.value and "points: 0" in table.head.value


def test_the_last_round_tells_the_points_and_offers_the_next_game(table):
    for _ in range(game.ROUNDS - 1):
        point(table, table.game.puzzle.wrong.line)
        table.names.press(table.game.puzzle.wrong.slug)
        assert table.on.labels["on"] == "Next round"
        table.on.press("on")
    point(table, table.game.puzzle.wrong.line)
    table.names.press(table.game.puzzle.wrong.slug)
    assert "20 of 20 points in game 5" in table.told.value and table.on.labels["on"] == "Play game 6"


def test_the_case_is_told_because_the_lines_do_not(table):
    for puzzle in PUZZLES:
        given = game._given(puzzle.asked.setting)
        assert given.count("$") % 2 == 0
        assert ("i = k" in given, r"i \neq k" in given) == (
            puzzle.asked.setting.same,
            "k" in puzzle.asked.setting.indices and not puzzle.asked.setting.same,
        )

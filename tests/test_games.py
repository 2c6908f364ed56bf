"""The two games: what is dealt, that it is fair and true, what is said of a press, and how they are played."""

import re

import numpy as np
import pytest

from utils import bug_hunt, spot_the_slip
from utils.exercises import BANK, get
from utils.judge.algebra import SLIPS, TITLES, parse
from utils.judge.algebra.judge import Judge
from utils.panels import spot_the_slip as spotting
from utils.panels.bug_hunt import BUDGET, LINE_UP, PASSES, POINTS, PROBES, BugHunt, Net, passes, probes, suspects, take
from utils.panels.spot_the_slip import ALIKE, CHOICES, KIND, ROUNDS, TOO_GENERAL, SpotTheSlip, deck, pool
from utils.reference import forward, input_gradient, relative_error, sigmoid_derivative

# ---- What both have in common


def labels(buttons):
    """What stands on the buttons, without signs."""
    return [label.lstrip("✗✓ ") for label in buttons.labels.values()]


def off(*buttons):
    return [option["name"] for each in buttons for option in each.spec["options"] if option["off"]]


def play_through(game):
    """Find everything in all rounds but the last without going on from it. Yields before each round ends."""
    for number in range(1, len(game.rounds) + 1):
        assert f"{game.round_called} {number} of {len(game.rounds)}" in game.head.value
        assert game.onward.layout.display == "none", "there is nothing to go on to before the round is over"
        game.onward.press("on")
        assert game.at == number - 1
        yield game.now
        assert game.now.over and game.onward.layout.display is None
        if number < len(game.rounds):
            assert game.onward.labels["on"] == f"Next {game.round_called}"
            game.onward.press("on")


def find(game):
    """Find what is to be found in the round at hand, at once."""
    if isinstance(game, SpotTheSlip):
        game.rows[game.now.wrong.line - 1].button.press("line")
        game.names.press(game.now.wrong.slug)
    else:
        for probe in game.now.shortest():
            game.probes.press(probe)
        game.suspects.press(game.now.bug.slug)
        game.name_it.press("it")


@pytest.mark.parametrize(
    ("game", "shown"),
    [
        (SpotTheSlip, "Spot the slip, game 5: 10 derivations with one slip each. Run this cell to play."),
        (BugHunt, "Bug hunt 5: 8 backward passes"),
    ],
)
def test_a_game_is_shown_with_one_sentence_beside_it(game, shown, monkeypatch):
    bundles = []
    monkeypatch.setattr("utils.figures.page.display", lambda bundle, **_: bundles.append(bundle))
    play = spot_the_slip if game is SpotTheSlip else bug_hunt
    play(5)
    play(5)
    assert "application/vnd.jupyter.widget-view+json" in bundles[0]
    assert bundles[0]["text/plain"] == bundles[1]["text/plain"] and bundles[0]["text/plain"].startswith(shown)


@pytest.mark.parametrize("game", [SpotTheSlip(5), BugHunt(0)], ids=lambda game: game.called)
def test_a_game_is_played_through_by_pressing_and_another_one_begins(game):
    first, seed = game.first, game.seed
    for number, _ in enumerate(play_through(game), 1):
        find(game)
        assert sum(each.over for each in game.rounds) == number
    told = f"{2 * ROUNDS} of {2 * ROUNDS} points"
    if isinstance(game, BugHunt):
        par = sum(len(each.shortest()) for each in game.rounds)
        told = f"{PASSES} of {PASSES} named. For what you named you took {par} probes; to be sure takes {par}."
    assert told in game.head.value
    assert game.onward.labels["on"] == f"Play {game.called} {seed + 1}"
    sent = []
    game.first.send = sent.append
    game.onward.press("on")
    assert (game.seed, game.at, game.points) == (seed + 1, 0, 0)
    assert game.first is first and sent == [{"focus": 0}], "the button that gets the focus is on the page already"
    assert game.onward.spec["said"][1].startswith(f"{game.round_called.capitalize()} 1 of")


# ---- Spot the slip: what is dealt

POOL = pool()
DECKS = {seed: deck(seed) for seed in range(60)}
each_round = pytest.mark.parametrize("asked", POOL, ids=lambda r: f"{r.asked.id}-{r.wrong.slug}-{r.wrong.line}")


def key(each):
    return each.asked.id, each.wrong.text


def test_there_are_enough_rounds_from_several_chapters_and_of_every_kind_and_every_slip_has_a_title():
    slugs = {each.wrong.slug for each in POOL}
    assert len(POOL) >= 30 and len(slugs) >= 2 * ROUNDS
    assert {KIND[slug] for slug in slugs} == set(KIND.values()) == set(get("3_2.part_2a").labels) - {"right"}
    assert len({each.asked.id.partition(".")[0] for each in POOL}) >= 2
    assert {slip.slug for slip in SLIPS} <= TITLES.keys() and len(set(TITLES.values())) == len(TITLES)
    assert set().union(*ALIKE, TOO_GENERAL) <= TITLES.keys()


@each_round
def test_no_name_that_is_offered_explains_the_line_and_each_is_answered_by_what_speaks_against_it(asked):
    setting, slip, above = asked.asked.setting, asked.slip, asked.steps[asked.wrong.line - 2].tree
    judge = Judge(setting, *(parse(text, setting.names) for text in (asked.asked.question, asked.asked.answer)), ())
    assert slip.slug == asked.wrong.slug and all(step.latex for step in asked.steps)
    assert asked.wrong.slug in asked.choices and 3 <= len(set(asked.choices)) <= CHOICES
    assert not any(
        {slug, asked.wrong.slug} <= alike for slug in asked.choices for alike in ALIKE if slug != asked.wrong.slug
    )
    for other in SLIPS:
        if other.slug in asked.choices and other.slug != asked.wrong.slug:
            judge.tries = 10_000
            if judge.has_value(slip.tree, judge.right) or slip.status in ("unreadable", "does not multiply"):
                assert not other.mend or not judge.mends(other, slip.tree, judge.right, above)
            else:
                value = judge.world.value(slip.tree)
                assert not list(judge.explanations(other, slip.tree, value, above, judge.right)), other.slug
    for slug in asked.choices:
        said = asked.name(slug)
        assert said.startswith(f"Yes: `{slug}`. " if slug == asked.wrong.slug else "Not that: ")
        assert said.count("$") % 2 == 0 and said.count("`") % 2 == 0 and said[-1] in ".?)"
        if slug != asked.wrong.slug:
            assert asked.others[slug].latex not in (slip.latex, asked.steps[slip.number - 2].latex)
            assert f"line {slip.number}" in said and f"line {slip.number - 1}" in said


def test_a_second_name_of_a_kind_is_offered_only_where_no_other_kind_has_one_that_fits():
    fewer = 0
    for each in POOL:
        kinds = [KIND[slug] for slug in each.choices]
        fewer += len(kinds) < CHOICES
        if len(set(kinds)) < len(kinds):
            own = each.wrong.slug
            fair = {o for o in each.others if o not in TOO_GENERAL and not any({o, own} <= alike for alike in ALIKE)}
            assert {KIND[slug] for slug in fair} <= set(kinds)
    assert fewer <= 3


def test_a_name_that_is_not_the_slip_is_answered_with_a_line_and_its_numbers():
    said = {
        (each.asked.id, each.wrong.slug, slug): each.name(slug)
        for each in POOL
        if each.asked.id in ("3_2.repair_same_index", "2b_1.symmetry", "2b_3.chain")
        for slug in each.others
    }
    assert said["3_2.repair_same_index", "lost-minus", "sum-for-constant"] == (
        "Not that: made in the step from line 3 it gives $-\\left(\\frac{\\partial \\theta_{i}}{\\partial \\theta_{i}} "
        "- 0\\right)$, say, and that is not line 4. At `theta = (1, 0, -1), i = k = 0` it is -1, and line 4 is 0.335. "
        "Lay line 4 beside line 3, symbol by symbol."
    )
    assert said["2b_1.symmetry", "forgotten-denominator", "lost-minus"] == (
        "Not that: without it line 4 is $-e^{-z}$, say, and still not equal to line 3. At `z = 1` it is -0.368, and "
        "line 3 is 0.269. Lay line 4 beside line 3, symbol by symbol."
    )
    assert "3 meets 5" in said["2b_3.chain", "upside-down", "lost-minus"]


@pytest.mark.parametrize("seed", DECKS)
def test_a_game_has_each_slip_once_and_no_round_of_the_three_before_it(seed):
    assert len(DECKS[seed]) == ROUNDS == len({each.wrong.slug for each in DECKS[seed]})
    before = {key(each) for earlier in range(max(0, seed - 3), seed) for each in DECKS[earlier]}
    assert not before & {key(each) for each in DECKS[seed]}


def test_the_same_seed_is_the_same_game_and_all_rounds_come_up_sooner_or_later():
    assert [(key(each), each.choices) for each in deck(3)] == [(key(each), each.choices) for each in deck(3)]
    assert {key(each) for seed in range(150) for each in deck(seed)} == {key(each) for each in POOL}


# ---- Spot the slip: what is said and counted


def test_what_is_said_of_a_line_is_what_was_found_in_it():
    expected = {
        "the question itself": lambda step, slip: step.number == 1,
        "it is": lambda step, slip: step is slip,
        "carries the slip on": lambda step, slip: step.status == "carried",
        "right again": lambda step, slip: step.status == "right" and step.number > slip.number,
        "equal to line": lambda step, slip: 1 < step.number < slip.number,
    }
    said = set()
    for each in POOL:
        for step in each.steps:
            message = each.pick(step.number)
            (what,) = [words for words, fits in expected.items() if fits(step, each.slip)]
            assert what in message
            said.add(what)
    assert said == expected.keys()


def test_the_numbers_of_a_slip_are_told_where_there_are_numbers_and_its_reason_once_it_is_named():
    (lost,) = [r for r in POOL if r.asked.id == "3_2.repair_same_index" and r.wrong.slug == "lost-minus"]
    assert "at `theta = (1, 0, -1), i = k = 0` it is 0.335, and line 3 is -0.335" in lost.pick(4)
    (term,) = [r for r in POOL if r.asked.id == "2a_3.other_index" and "D(-log(y_hat[i])" in r.slip.text]
    assert r"of the sum the term with $\hat y_k$ is left" in term.name("same-index-used")


@pytest.mark.parametrize(
    ("tried", "found", "points"),
    [
        (["line", "slug"], 2, 2),
        ([1, "line"], 1, 0),
        ([1, "line", "other", "slug"], 2, 0),
        (["line", "line", "line", "other", "line", "slug", "slug"], 2, 1),  # what is found already counts once
        (["line", "other"], 1, 1),
    ],
)
def test_a_point_for_what_is_found_at_the_first_attempt(tried, found, points):
    each = deck(1)[0]
    other = next(slug for slug in each.choices if slug != each.wrong.slug)
    for what in tried:
        if what in ("slug", "other"):
            each.name(each.wrong.slug if what == "slug" else other)
        else:
            each.pick(each.wrong.line if what == "line" else what)
    assert (each.found, each.points, each.over) == (found, points, found == 2)


def test_pressing_marks_a_line_says_it_aloud_and_shows_the_names_once_it_is_found():
    game = SpotTheSlip(5)
    steps, line = len(game.now.steps), game.now.wrong.line
    buttons = [row.button for row in game.rows]
    assert len(game.lines.children) == steps and game.names.layout.display == "none" and not off(*buttons)
    buttons[0].press("line")
    assert "the question itself" in game.said.value and "the question itself" in buttons[0].spec["said"][1]
    assert [bool(off(button)) for button in buttons] == [True] + [False] * (steps - 1)
    buttons[line - 1].press("line")
    assert len(off(*buttons)) == steps and game.names.layout.display is None
    assert buttons[line - 1].labels["line"] == f"✓ line {line}" and labels(game.names)[0] in TITLES.values()
    game.names.press(next(slug for slug in game.now.choices if slug != game.now.wrong.slug))
    assert len(off(game.names)) == 1 and "Not that" in game.said.value and "Not that" in game.names.spec["said"][1]
    game.names.press(game.now.wrong.slug)
    assert len(off(game.names)) == len(game.now.choices) and f"<code>{game.now.wrong.slug}</code>" in game.said.value


def test_the_case_is_told_because_the_lines_do_not():
    for each in POOL:
        given, setting = spotting._given(each.asked.setting), each.asked.setting
        assert given.count("$") % 2 == 0
        assert ("i = k" in given, r"i \neq k" in given) == (setting.same, "k" in setting.indices and not setting.same)


# ---- Bug hunt: what a probe finds


def right(x, y, W1, b1, W2, b2):
    return input_gradient(x, y, W1, b1, W2, b2)


def forgets_y(x, y, W1, b1, W2, b2):
    z, _, _, y_hat = forward(x, W1, b1, W2, b2)
    return (y_hat / len(x) @ W2.T * sigmoid_derivative(z)) @ W1.T


def net(seed=0):
    return Net.drawn(np.random.default_rng(seed), 6, 4, 5, 3)


def findings(formula, seed=0):
    return {probe: take(probe, formula, net(seed)).finding for probe in PROBES}


def test_the_bugs_are_the_banks_own_and_no_two_of_another_name_have_the_same_findings():
    formulas = {id(mistake.formula) for mistake in BANK["2b_3.input_gradient"].mistakes}
    by_findings = {}
    for suspect in suspects():
        assert id(suspect.formula) in formulas
        by_findings.setdefault(suspect.findings, set()).add(suspect.slug)
    assert len({suspect.slug for suspect in suspects()}) > 30
    assert all(len(slugs) == 1 for slugs in by_findings.values())
    assert tuple(findings(right).values()) not in by_findings


@pytest.mark.parametrize("seed", range(1, 4))
def test_what_a_probe_finds_is_a_matter_of_the_formula_and_not_of_the_numbers_drawn(seed):
    for suspect in suspects():
        assert tuple(findings(suspect.formula, seed).values()) == suspect.findings


def test_on_the_right_gradient_every_probe_finds_what_it_calls_right():
    assert findings(right) == {
        "shape": "fits",
        "square": "runs and agrees",
        "one row": "1/6",
        "gradient check": "agrees",
        **dict.fromkeys(["cosine", "ratio", "z = 0", "other y"], "1"),
        **dict.fromkeys(["row sums", "y = ŷ", "sure", "all on", "all off"], "0"),
    }


@pytest.mark.parametrize(
    ("probe", "formula", "finding"),
    [
        ("cosine", lambda dx, *_: -dx, "−1"),
        ("ratio", lambda dx, *_: 6 * dx, "6"),
        ("ratio", lambda dx, *_: dx / 36, "1/36"),
        ("ratio", lambda dx, x, *_: dx * x, "none"),
        ("one row", lambda dx, x, *_: dx * np.atleast_2d(x).shape[0], "1"),
        ("shape", lambda dx, *_: dx.T, "x has shape (6, 4), dx has shape (4, 6)."),
        ("shape", lambda dx, x, y, W1, *_: dx @ W1.T, "It stops: `@` meets sizes 4 and 5, which should be the same."),
        ("gradient check", lambda dx, *_: dx + 0.1, "differs"),
        ("gradient check", lambda dx, *_: np.nan * dx, "What comes out holds a nan or an infinity."),
        ("all on", lambda dx, *_: dx + 0.1, "not 0"),
        ("z = 0", lambda dx, *_: 4 * dx, "4"),
        ("y = ŷ", lambda dx, *_: 2 * dx, "0"),
        ("row sums", lambda dx, *arguments: forgets_y(*arguments), "1/6"),
    ],
)
def test_a_probe_finds_what_was_done_to_the_gradient(probe, formula, finding):
    assert take(probe, lambda *arguments: formula(right(*arguments), *arguments), net()).finding == finding


def test_the_gradient_check_gives_the_error_and_the_place_where_it_is_worst():
    sentence = take("gradient check", lambda *a: right(*a) + np.eye(6, 4, 1), net()).sentence
    error = relative_error(right(*net()) + np.eye(6, 4, 1), right(*net()))
    assert f"{error:.2g}" in sentence and re.search(r"worst at row [012], entry [123]", sentence)


def test_a_call_that_changes_its_arguments_is_seen_and_does_no_harm():
    def spoils(x, y, W1, b1, W2, b2):
        x *= 2
        return right(x / 2, y, W1, b1, W2, b2)

    here = net()
    assert take("shape", spoils, here).finding == "changes x"
    np.testing.assert_array_equal(here.x, net().x)


def test_what_stops_a_pass_is_told_in_whole_words():
    said = {(s.slug, probe): take(probe, s.formula, net()).sentence for s in suspects() for probe in PROBES}
    assert not [where for where, words in said.items() if "(n?" in words or "requir" in words]
    assert {words for words in said.values() if "single number" in words} == {
        "Row 0 by itself: It stops: `@` meets a single number, which has nothing to sum over."
    }


# ---- Bug hunt: what is dealt, said and counted

PASSED = [each for seed in range(25) for each in passes(seed)]


def test_every_bug_of_every_hunt_can_be_named_within_the_budget():
    for seed in range(25):
        assert len({each.bug.slug for each in passes(seed)}) == PASSES >= 8
    for each in PASSED:
        assert len(set(each.line_up)) == LINE_UP and each.bug.slug in each.line_up
        assert each.consistent(PROBES) == each.consistent(each.shortest()) == [each.bug.slug]
        assert 1 <= len(each.shortest()) <= BUDGET


def test_the_same_seed_is_the_same_hunt_and_another_is_another():
    three, again, four = ([(each.bug.slug, each.line_up) for each in passes(seed)] for seed in (3, 3, 4))
    assert three == again != four


def others(each):
    return [slug for slug in each.line_up if slug != each.bug.slug]


def alone(each):
    return {name for name in PROBES if each.consistent([name]) == [each.bug.slug]}


def test_probes_and_false_accusations_cost_one_each_and_a_second_look_nothing():
    each = passes(0)[0]
    each.probe("shape")
    each.probe("shape")
    said = each.accuse(others(each)[0])
    assert each.left == BUDGET - 2 and not each.over and said.startswith(f"Not `{others(each)[0]}`.")
    assert "would have read" in said
    said = each.accuse(each.bug.slug)
    assert each.state == "named" and each.points == POINTS - 2
    assert said.startswith(f"Named: `{each.bug.slug}`.") and said.endswith(each.bug.feedback)


def test_a_spent_budget_allows_one_last_accusation_and_then_the_bug_escapes():
    each = passes(0)[2]
    for probe in list(PROBES)[:BUDGET]:
        each.probe(probe)
    with pytest.raises(ValueError, match="no probe is left"):
        each.probe(list(PROBES)[BUDGET])
    said = each.accuse(others(each)[0])
    assert each.state == "escaped" and each.points == 0 and f"`{each.bug.slug}` has escaped" in said
    with pytest.raises(ValueError, match="cannot be accused"):
        each.accuse(each.bug.slug)


@pytest.mark.parametrize(
    ("fits", "taken", "said"),
    [
        (lambda each: True, [], "It was a guess: {line_up} of the line-up fit"),
        (lambda each: len(each.consistent(["shape"])) > 1, ["shape"], "a guess: {fit} of the line-up fit"),
        (lambda each: len(each.consistent(["shape"])) > 1, ["shape"], "To be sure takes {shortest}."),
        (lambda each: len(each.shortest()) == 1, "shortest", "You took 1 probe, and fewer would not do."),
        (lambda each: len(each.shortest()) == 2, "shortest", "You took 2 probes, and fewer would not do."),
        # of those that would have done, one that was taken is named
        (lambda each: alone(each) >= {"cosine", "ratio"}, ["ratio", "z = 0"], "You took 2 probes; *"),
    ],
)
def test_whoever_names_the_bug_is_told_whether_it_was_a_guess_and_what_would_have_done(fits, taken, said):
    each = next(each for seed in range(20) for each in passes(seed) if fits(each))
    for probe in each.shortest() if taken == "shortest" else taken:
        each.probe(probe)
    shortest = " and ".join(f"*{name}*" for name in each.shortest())
    told = each.accuse(each.bug.slug).removesuffix(each.bug.feedback)
    assert said.format(line_up=LINE_UP, fit=len(each.consistent(["shape"])), shortest=shortest) in told
    assert ("would have done" in told) == (taken == ["ratio", "z = 0"]) and "*cosine*" not in told
    assert each.points == POINTS - len(each.readings)


def test_whoever_is_accused_wrongly_is_told_which_probe_speaks_for_them():
    each = next(each for each in PASSED if len(each.shortest()) == 1)
    (probe,) = each.shortest()
    each.probe(probe)
    assert f"Your own probe speaks against it: *{probe}*" in each.accuse(others(each)[0])
    each = next(each for each in PASSED if len(each.consistent(["shape"])) > 2)
    first, second = [slug for slug in each.consistent(["shape"]) if slug != each.bug.slug][:2]
    said = each.accuse(first)
    assert "our probe" not in said and "A probe would have told you" in said and "would have read" in said
    each.probe("shape")
    assert "Your probes could not tell" in each.accuse(second)


def test_of_the_bug_the_text_of_the_formula_that_was_planted_is_told():
    for each in PASSED:
        assert each.told(each.bug.slug) == each.bug.feedback
        for slug in each.line_up:
            assert each.told(slug) in {suspect.feedback for suspect in suspects() if suspect.slug == slug}
    first = {suspect.slug: suspect.feedback for suspect in reversed(suspects())}
    assert any(each.bug.feedback != first[each.bug.slug] for each in PASSED)


# ---- Bug hunt: on the page


@pytest.fixture
def hunt():
    return BugHunt(0)


def accuse(hunt, slug):
    hunt.suspects.press(slug)
    hunt.name_it.press("it")


def test_a_probe_that_is_pressed_shows_its_reading_and_stays_in_focus(hunt):
    assert {o["name"]: o["note"] for o in hunt.probes.spec["options"]} == {n: p.asks for n, p in PROBES.items()}
    hunt.probes.press("ratio")
    assert "ratio" not in off(hunt.probes) and hunt.probes.labels["ratio"] == "✓ ratio"
    reading = hunt.now.readings["ratio"].sentence
    assert reading in hunt.readings.value and reading in hunt.probes.spec["said"][1]
    assert "●●●●○" in hunt.head.value
    hunt.now.bug = next(suspect for suspect in suspects() if suspect.slug == "w1-not-transposed")
    hunt.probes.press("shape")
    assert "<code>@</code> meets sizes" in hunt.readings.value and "`" not in hunt.readings.value


def test_a_suspect_that_is_pressed_is_told_of_and_the_buttons_mark_who_was_accused_and_named(hunt):
    assert labels(hunt.suspects) == list(hunt.now.line_up) and hunt.suspects.chosen is None
    wrong = others(hunt.now)[0]
    hunt.suspects.press(wrong)
    assert f"<code>{wrong}</code> is told" in hunt.told.value and "is told" in hunt.suspects.spec["said"][1]
    for slug, label in ((wrong, f"✗ {wrong}"), (hunt.now.bug.slug, f"✓ {hunt.now.bug.slug}")):
        accuse(hunt, slug)
        assert hunt.suspects.labels[slug] == label and hunt.suspects.chosen is None
    assert "this pass: <strong>named</strong>" in hunt.head.value and "left" not in hunt.head.value
    assert len([label for label in hunt.suspects.labels.values() if label[0] in "✗✓"]) == 2
    hunt.onward.press("on")
    assert list(hunt.suspects.labels.values()) == list(hunt.now.line_up)


@pytest.mark.parametrize("named", [0, 1])
def test_at_the_end_only_the_probes_of_the_named_passes_are_counted(hunt, named):
    for now in play_through(hunt):
        if hunt.at < named:
            find(hunt)
            continue
        hunt.probes.press("shape")
        for slug in others(now)[:BUDGET]:
            accuse(hunt, slug)
        assert now.state == "escaped"
    assert f"{named} of {PASSES} named" in hunt.head.value and f"of {PASSES * POINTS} points" in hunt.head.value
    enough = len(hunt.rounds[0].shortest())
    told = f"you took {probes(enough)}; to be sure takes {enough}"
    assert told in hunt.head.value if named else "probe" not in hunt.head.value


def test_presses_out_of_turn_do_nothing_but_say_so(hunt):
    hunt.name_it.press("it")
    assert "Press a suspect first" in hunt.said.value
    wrong = others(hunt.now)[0]
    for _ in range(2):
        accuse(hunt, wrong)
    assert hunt.now.accused == [wrong]
    for probe in PROBES:
        hunt.probes.press(probe)
    assert hunt.now.left == 0 and len(hunt.now.readings) == BUDGET - 1
    accuse(hunt, hunt.now.bug.slug)
    said = hunt.said.value
    accuse(hunt, others(hunt.now)[1])
    assert hunt.said.value == said

"""The two games: what is dealt, that it is fair and true, what is said of a press, and how they are played."""

import re

import numpy as np
import pytest

import utils
from tests.pages import rows
from utils.exercises import BANK, get
from utils.figures.page import STILL
from utils.judge.algebra import SLIPS, TITLES, parse
from utils.judge.algebra.judge import Judge
from utils.panels import spot_the_slip as spotting
from utils.panels.bug_hunt import BUDGET, LINE_UP, PASSES, POINTS, PROBES, BugHunt, Net, passes, probes, suspects, take
from utils.panels.buttons import Buttons
from utils.panels.spot_the_slip import ALIKE, CHOICES, KIND, ROUNDS, TOO_GENERAL, SpotTheSlip, deck, pool
from utils.panels.verdict import STYLE
from utils.reference import forward, input_gradient, relative_error, sigmoid_derivative

# ---- What both have in common


def off(buttons):
    return [option["name"] for option in buttons.spec["options"] if option["off"]]


def play_through(game):
    """Go on from each round to the next, and stop in the last. Yields each round, which ends before the next step."""
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


def press(game, what):
    """what: "name" is the right name, "other" and "another" are two that are not. "line" is the slip's, a number is any
    line, and all else is a probe."""
    if isinstance(game, BugHunt) and what in PROBES:
        game.probes.press(what)
    elif isinstance(game, BugHunt):
        accuse(game, game.now.bug.slug if what == "name" else others(game.now)[what == "another"])
    elif what in ("name", "other"):
        right = game.now.wrong.slug
        game.names.press(next(slug for slug in game.now.choices if (slug == right) == (what == "name")))
    else:
        game.rows[(game.now.wrong.line if what == "line" else int(what)) - 1].button.press("line")


def find(game):
    """Find what is to be found in the round at hand, at once."""
    for what in (*(game.now.shortest() if isinstance(game, BugHunt) else ["line"]), "name"):
        press(game, what)


def accuse(hunt, slug):
    hunt.suspects.press(slug)
    hunt.name_it.press("it")


def others(each):
    return [slug for slug in each.line_up if slug != each.bug.slug]


@pytest.mark.parametrize(("play", "shown"), rows("With what a game is shown"))
def test_a_game_is_shown_with_one_sentence_beside_it(play, shown, screen):
    for _ in range(2):
        getattr(utils, play)(5)
    assert all("application/vnd.jupyter.widget-view+json" in output for output in screen.outputs)
    (text,) = {output["text/plain"] for output in screen.outputs}
    assert text.startswith(shown)
    assert STILL in str(Buttons._css) and STILL in STYLE, "buttons hide what stands for them, without a card too"


@pytest.mark.parametrize(("game", "named"), [(SpotTheSlip, ROUNDS), (BugHunt, PASSES), (BugHunt, 1), (BugHunt, 0)])
def test_a_game_is_played_through_by_pressing_and_another_one_begins(game, named):
    game = game(0)
    first = game.first
    for number, now in enumerate(play_through(game), 1):
        if number <= named:
            find(game)
        else:
            game.probes.press("shape")
            for slug in others(now)[:BUDGET]:
                accuse(game, slug)
            assert now.state == "escaped" and f"and <code>{now.bug.slug}</code> has escaped." in game.said.value
        assert sum(each.over for each in game.rounds) == number
    told = f"<strong>{2 * ROUNDS} of"
    if isinstance(game, BugHunt):
        par = sum(len(each.shortest()) for each in game.rounds[:named])  # of passes that were named alone
        told = f"{named} of {PASSES} named."
        told += f" For what you named you took {probes(par)}; to be sure takes {par}." if named else "<br>"
    assert told in game.head.value and f"{game.points} of {game.most * len(game.rounds)} points" in game.head.value
    assert game.onward.labels["on"] == f"Play {game.called} 1"
    first.send = (sent := []).append
    game.onward.press("on")
    assert (game.seed, game.at, game.points) == (1, 0, 0)
    assert game.first is first and sent == [{"focus": 0}], "the button that gets the focus is on the page already"
    assert game.onward.spec["said"][1].startswith(f"{game.round_called.capitalize()} 1 of")


@pytest.mark.parametrize(("game", "pressed", "points", "end"), rows("What is pressed costs and earns"))
def test_what_is_pressed_costs_and_earns(game, pressed, points, end):
    game = {"SpotTheSlip": SpotTheSlip, "BugHunt": BugHunt}[game](1)
    for what in pressed.split(", "):
        press(game, what)
    assert (game.now.points, game.now.over) == (int(points), end == "over") == (game.points, game.now.over)


# ---- Spot the slip: what is dealt

each_round = pytest.mark.parametrize("asked", pool(), ids=lambda r: f"{r.asked.id}-{r.wrong.slug}-{r.wrong.line}")


def key(each):
    return each.asked.id, each.wrong.text


def fair(each):
    """The names that may be offered beside the right one."""
    own = each.wrong.slug
    return {slug for slug in each.others if slug not in TOO_GENERAL and not any({slug, own} <= a for a in ALIKE)}


def test_there_are_enough_rounds_from_several_chapters_and_of_every_kind_and_every_slip_has_a_title():
    slugs = {each.wrong.slug for each in pool()}
    assert len(pool()) >= 30 and len(slugs) >= 2 * ROUNDS
    assert {KIND[slug] for slug in slugs} == set(KIND.values()) == set(get("3_2.part_2a").labels) - {"right"}
    assert len({each.asked.id.partition(".")[0] for each in pool()}) >= 2
    assert {slip.slug for slip in SLIPS} <= TITLES.keys() and len(set(TITLES.values())) == len(TITLES)
    assert set().union(*ALIKE, TOO_GENERAL) <= TITLES.keys()


def test_a_game_has_each_slip_once_no_round_of_the_three_before_it_and_is_the_same_for_the_same_seed():
    decks = [deck(seed) for seed in range(150)]
    for seed, dealt in enumerate(decks):
        assert len(dealt) == ROUNDS == len({each.wrong.slug for each in dealt})
        before = {key(each) for earlier in decks[max(0, seed - 3) : seed] for each in earlier}
        assert not before & {key(each) for each in dealt}
    assert [(key(each), each.choices) for each in deck(3)] == [(key(each), each.choices) for each in decks[3]]
    assert {key(each) for dealt in decks for each in dealt} == {key(each) for each in pool()}


@each_round
def test_no_name_that_is_offered_explains_the_line_and_each_is_answered_by_what_speaks_against_it(asked):
    setting, slip, above = asked.asked.setting, asked.slip, asked.steps[asked.wrong.line - 2].tree
    judge = Judge(setting, *(parse(text, setting.names) for text in (asked.asked.question, asked.asked.answer)), ())
    offered = set(asked.choices) - {asked.wrong.slug}
    assert slip.slug == asked.wrong.slug in asked.choices and all(step.latex for step in asked.steps)
    assert 2 <= len(offered) == len(asked.choices) - 1 < CHOICES and offered <= fair(asked)
    for other in SLIPS:
        if other.slug in offered:
            judge.tries, judge.last_right = 10_000, above
            if judge.has_value(slip.tree, judge.right) or slip.status in ("unreadable", "does not multiply"):
                assert not judge.mended(slip.tree, [other])
            else:
                value = judge.world.value(slip.tree)
                assert not list(judge.explanations(other, slip.tree, value, above, judge.right)), other.slug
    for slug in asked.choices:
        said = asked.name(slug)
        assert said.startswith(f"Yes: `{slug}`. " if slug == asked.wrong.slug else "Not that: ")
        assert said.count("$") % 2 == 0 and said.count("`") % 2 == 0 and said[-1] in ".?)"
        if slug in offered:
            assert asked.others[slug].latex not in (slip.latex, asked.steps[slip.number - 2].latex)
            assert f"line {slip.number}" in said and f"line {slip.number - 1}" in said


def test_a_second_name_of_a_kind_is_offered_only_where_no_other_kind_has_one_that_fits():
    fewer = 0
    for each in pool():
        kinds = [KIND[slug] for slug in each.choices]
        fewer += len(kinds) < CHOICES
        if len(set(kinds)) < len(kinds):
            assert {KIND[slug] for slug in fair(each)} <= set(kinds)
    assert fewer <= 3


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
    for each in pool():
        for step in each.steps:
            message = each.pick(step.number)
            (what,) = [words for words, fits in expected.items() if fits(step, each.slip)]
            assert what in message
            said.add(what)
    assert said == expected.keys()


@pytest.mark.parametrize(("id", "named", "said"), rows("What a line or a name of a slip is answered"))
def test_a_line_and_a_name_are_answered_with_numbers_where_there_are_numbers(id, named, said):
    """In some derivation of this exercise."""
    rounds = [each for each in pool() if each.asked.id == id and named in ("", each.wrong.slug, *each.others)]
    assert any(said in (each.name(named) if named else each.pick(each.wrong.line)) for each in rounds)


def test_the_case_is_told_because_the_lines_do_not():
    for each in pool():
        given, setting = spotting._given(each.asked.setting), each.asked.setting
        assert given.count("$") % 2 == 0
        assert ("i = k" in given, r"i \neq k" in given) == (setting.same, "k" in setting.indices and not setting.same)


def test_pressing_marks_a_line_says_it_aloud_and_shows_the_names_once_it_is_found():
    game = SpotTheSlip(5)
    steps, line = len(game.now.steps), game.now.wrong.line
    buttons = [row.button for row in game.rows]
    assert len(game.lines.children) == steps and game.names.layout.display == "none" and not any(map(off, buttons))
    buttons[0].press("line")
    assert "the question itself" in game.said.value and "the question itself" in buttons[0].spec["said"][1]
    assert [(bool(off(b)), b.labels["line"][0]) for b in buttons] == [(True, "✓")] + [(False, "l")] * (steps - 1)
    buttons[line - 1].press("line")
    assert all(map(off, buttons)) and game.names.layout.display is None
    signs = {"right": "✓", "slip": "✗", "carried": "↳"}
    assert [b.labels["line"] for b in buttons] == [f"{signs[s.status]} line {s.number}" for s in game.now.steps]
    assert list(game.names.labels.values()) == [TITLES[slug] for slug in game.now.choices]
    game.names.press(next(slug for slug in game.now.choices if slug != game.now.wrong.slug))
    assert len(off(game.names)) == 1 and "Not that" in game.said.value and "Not that" in game.names.spec["said"][1]
    game.names.press(game.now.wrong.slug)
    assert len(off(game.names)) == len(game.now.choices) and f"<code>{game.now.wrong.slug}</code>" in game.said.value


# ---- Bug hunt: what a probe finds


def forgets_y(x, y, W1, b1, W2, b2):
    z, _, _, y_hat = forward(x, W1, b1, W2, b2)
    return (y_hat / len(x) @ W2.T * sigmoid_derivative(z)) @ W1.T


def net(seed=0):
    return Net.drawn(np.random.default_rng(seed))


def findings(formula, seed=0):
    return {probe: take(probe, formula, net(seed)).finding for probe in PROBES}


@pytest.mark.parametrize(("tried", "probe", "finding"), rows("What a probe of the bug hunt finds"))
def test_a_probe_finds_what_was_done_to_the_gradient(tried, probe, finding):
    def formula(*arguments):
        given = dict(zip(Net._fields, arguments, strict=True))
        return eval(tried, {"np": np, "dx": input_gradient(*arguments), "forgets_y": forgets_y} | given)

    here = net()
    assert take(probe, formula, here).finding == finding
    np.testing.assert_array_equal(here.x, net().x)


def test_of_every_probe_the_page_says_what_it_finds_of_the_right_gradient():
    assert [probe for tried, probe, _ in rows("What a probe of the bug hunt finds") if tried == "dx"] == [*PROBES]


def test_the_gradient_check_gives_the_error_and_the_place_where_it_is_worst():
    sentence = take("gradient check", lambda *a: input_gradient(*a) + np.eye(6, 4, 1), net()).sentence
    error = relative_error(input_gradient(*net()) + np.eye(6, 4, 1), input_gradient(*net()))
    assert f"{error:.2g}" in sentence and re.search(r"worst at row [012], entry [123]", sentence)


def test_the_bugs_are_the_banks_own_and_the_probes_tell_each_name_from_every_other_whatever_numbers_are_drawn():
    formulas = {id(mistake.formula) for mistake in BANK["2b_3.input_gradient"].mistakes}
    by_findings = {tuple(findings(input_gradient).values()): {"right"}}
    said = []
    for suspect in suspects():
        assert id(suspect.formula) in formulas
        by_findings.setdefault(tuple(suspect.findings.values()), set()).add(suspect.slug)
        assert findings(suspect.formula, 1) == suspect.findings
        said += [take(probe, suspect.formula, net()).sentence for probe in PROBES]
    assert len({suspect.slug for suspect in suspects()}) > 30
    assert all(len(slugs) == 1 for slugs in by_findings.values())
    assert not [words for words in said if "(n?" in words or "requir" in words], "NumPy's own words are no sentence"
    assert {words for words in said if "single number" in words} == {
        "Row 0 by itself: It stops: `@` meets a single number, which has nothing to sum over."
    }


# ---- Bug hunt: what is dealt, said and counted


def dealt():
    """Passes that nobody has played yet."""
    return (each for seed in range(25) for each in passes(seed))


def tells(each, *probes):
    """Whether each of these would do by itself."""
    return all(each.consistent([probe]) == {each.bug.slug} for probe in probes)


def test_every_bug_of_every_hunt_can_be_named_within_the_budget_and_is_told_by_its_own_words():
    hunts = [passes(seed) for seed in range(25)]
    for hunt in hunts:
        assert len({each.bug.slug for each in hunt}) == PASSES >= 8
        for each in hunt:
            assert len(set(each.line_up)) == LINE_UP and each.bug.slug in each.line_up
            assert each.consistent(PROBES) == each.consistent(each.shortest()) == {each.bug.slug}
            assert 1 <= len(each.shortest()) <= BUDGET
            assert each.told(each.bug.slug) == each.bug.feedback
    first = {suspect.slug: suspect.feedback for suspect in reversed(suspects())}
    assert any(each.bug.feedback != first[each.bug.slug] for hunt in hunts for each in hunt)
    three, again, four = ([(each.bug.slug, each.line_up) for each in hunt] for hunt in (hunts[3], passes(3), hunts[4]))
    assert three == again != four


@pytest.mark.parametrize(("fits", "taken", "said"), rows("What whoever names the bug is told"))
def test_whoever_names_the_bug_is_told_whether_it_was_a_guess_and_what_would_have_done(fits, taken, said):
    each = next(each for each in dealt() if eval(fits, {"each": each, "tells": tells}))
    for probe in each.shortest() if taken == "the shortest" else filter(None, taken.split(", ")):
        each.probe(probe)
    shortest = " and ".join(f"*{name}*" for name in each.shortest())
    told = each.accuse(each.bug.slug)
    assert told.startswith(f"Named: `{each.bug.slug}`.") and told.endswith(each.bug.feedback)
    told = told.removesuffix(each.bug.feedback)
    assert said.format(line_up=LINE_UP, fit=len(each.consistent(["shape"])), shortest=shortest) in told
    assert ("would have done" in told) == (taken == "ratio, z = 0") and "*cosine*" not in told
    assert each.points == POINTS - len({reading.sentence for reading in each.readings.values()})


def test_whoever_is_accused_wrongly_is_told_which_probe_speaks_for_them():
    each = next(each for each in dealt() if len(each.shortest()) == 1)
    (probe,) = each.shortest()
    each.probe(probe)
    assert f"Your own probe speaks against it: *{probe}* would have read “" in each.accuse(others(each)[0])
    each = next(each for each in dealt() if len(each.consistent(["shape"])) > 2)
    first, second = sorted(each.consistent(["shape"]) - {each.bug.slug})[:2]
    said = each.accuse(first)
    assert said.startswith(f"Not `{first}`. A probe would have told you: *") and "would have read" in said
    each.probe("shape")
    assert "Your probes could not tell" in each.accuse(second)


# ---- Bug hunt: on the page


def test_a_probe_that_is_pressed_shows_its_reading_and_stays_in_focus():
    hunt = BugHunt(0)
    assert {o["name"]: o["note"] for o in hunt.probes.spec["options"]} == {n: p.asks for n, p in PROBES.items()}
    hunt.probes.press("ratio")
    assert "ratio" not in off(hunt.probes) and hunt.probes.labels["ratio"] == "✓ ratio"
    reading = hunt.now.readings["ratio"].sentence
    assert reading in hunt.readings.value and reading in hunt.probes.spec["said"][1]
    assert "●●●●○" in hunt.head.value
    hunt.now.bug = next(suspect for suspect in suspects() if suspect.slug == "w1-not-transposed")
    hunt.probes.press("shape")
    assert "<code>@</code> meets sizes" in hunt.readings.value and "`" not in hunt.readings.value


def test_a_suspect_that_is_pressed_is_told_of_and_the_buttons_mark_who_was_accused_and_named():
    hunt = BugHunt(0)
    hunt.name_it.press("it")
    assert "Press a suspect first" in hunt.said.value
    assert list(hunt.suspects.labels.values()) == list(hunt.now.line_up) and hunt.suspects.chosen is None
    wrong = others(hunt.now)[0]
    hunt.suspects.press(wrong)
    assert f"<code>{wrong}</code> is told" in hunt.told.value and "is told" in hunt.suspects.spec["said"][1]
    for slug, label in ((wrong, f"✗ {wrong}"), (hunt.now.bug.slug, f"✓ {hunt.now.bug.slug}")):
        accuse(hunt, slug)
        assert hunt.suspects.labels[slug] == label and hunt.suspects.chosen is None
    assert "this pass: <strong>named</strong>" in hunt.head.value and "left" not in hunt.head.value
    assert off(hunt.name_it) == ["it"]
    assert len([label for label in hunt.suspects.labels.values() if label[0] in "✗✓"]) == 2
    for slug, said in ((wrong, f"<code>{wrong}</code> was not it."), (hunt.now.bug.slug, "is told: ")):
        hunt.suspects.press(slug)
        assert said in hunt.told.value
    hunt.onward.press("on")
    assert list(hunt.suspects.labels.values()) == list(hunt.now.line_up)

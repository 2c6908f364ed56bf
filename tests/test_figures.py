"""What single figures stand on: their maps, networks and measurements, and what the chapters say of them.

What every figure keeps to is in test_every_figure.py, and what each one shows in oracles.py and figures.md.
"""

import contextlib
import hashlib
import re
from itertools import combinations, count, pairwise, product
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from IPython.core.interactiveshell import InteractiveShell
from matplotlib.contour import ContourSet
from matplotlib.path import Path as Outline

from tests import oracles
from tests.figures import EPOCHS, SEES_DIGITS, agree, at, figure, shows
from tests.oracles import size
from tests.pages import rows
from utils import digit_figure, training_curve
from utils.exercises import BANK
from utils.figures import data, push, saturation, simplex, training
from utils.figures import test_data as designer
from utils.figures.classes import target
from utils.figures.page import WIDGET_VIEW
from utils.figures.saturation import W1
from utils.figures.shape_train import BLOCKS, NONE, SIZES, SLOTS, Train, _network, census
from utils.figures.test_data import CLASSIC, COMPLEX_STEP, GRADIENTS, RELATIVE, DesignFigure, outcomes
from utils.figures.training import TrainingFigure
from utils.figures.v_curve import PRECISIONS, STEPS, _guides, best_step, errors, single_precision_loss
from utils.reference import cross_entropy, forward, input_gradient, loss, one_hot, relative_error


def test_the_softest_target_is_uniform_and_the_hardest_one_hot():
    np.testing.assert_array_equal(target("owl", 0), one_hot(2, 4))
    np.testing.assert_allclose(target("owl", 1), 0.25)
    assert target("owl", 0.35).sum() == pytest.approx(1)


# ---- The compass


def barycentric(points, whole):
    """Points of the plane, or ways in it, as three parts of the corners, whose sum is `whole`."""
    return np.linalg.solve(
        np.vstack([simplex.CORNERS.T, np.ones(3)]), np.vstack([points.T, np.full(len(points), whole)])
    ).T


def test_a_step_along_the_arrow_lowers_J_wherever_the_prediction_is():
    for k, softness in (("cat", 0), ("dog", 0.3), ("owl", 0.96)):
        y = target(k, softness, simplex.NAMES)
        figure, _ = at("simplex_compass", k=k, softness=softness)
        moves = barycentric(np.column_stack([figure.field.U, figure.field.V]), 0)
        for p, move in zip(simplex.GRID, moves, strict=True):
            if not np.allclose(p, y, atol=1e-3):
                assert cross_entropy(y, p + 0.01 * move) < cross_entropy(y, p)


@pytest.mark.parametrize(("k", "softness"), list(product(simplex.NAMES, [0, 0.06, 0.3, 0.96])))
def test_contours_lie_in_the_triangle_where_J_has_their_level(k, softness):
    y = target(k, softness, simplex.NAMES)
    lines, widths = simplex._contours(k, softness)
    levels = simplex.LEVELS[cross_entropy(y, y) < simplex.LEVELS]
    for line, level, width in zip(lines, levels, widths, strict=True):
        p = barycentric(line, 1)
        assert p.min() > -1e-9
        inside = p[p.min(axis=1) > 1e-5] if softness else p
        J = np.array([cross_entropy(y, row) for row in inside.clip(0)])
        assert abs(J - level).max(initial=0) < 0.01
        assert width == (2 if level == int(level) else 0.8)


# ---- Saturation


def test_what_the_chapter_says_of_small_and_large_weights_and_of_large_inputs():
    assert size(0.02) / size(0.01) == pytest.approx(2, rel=0.05), "small weights: as small as themselves"
    rate = np.diff(np.log([size(scale) / scale for scale in (40, 60, 80, 100)])) / 20
    assert rate == pytest.approx(-np.abs(saturation.x @ W1).min(), rel=0.01), "large ones: exponentially small"
    alike, same = (
        [dot.get_xdata().tolist() for dot in at("saturation_figure", **{scale: 10})[0].dots[0]]
        for scale in ("W1_scale", "x_scale")
    )
    assert alike == same, "both scales saturate alike"
    assert size(10, 1) == pytest.approx(10 * size(1, 10)), "and that of x is no factor of the gradient"


# ---- The shape train

RIGHT = {"first": "W2ᵀ", "second": "diag σ′(z)", "third": "W1ᵀ"}


@pytest.mark.parametrize(("sizes", "multiply", "fit"), [("4, 5, 3", 10, 2), ("all 3", 156, 156)])
def test_all_trains_are_told_as_numpy_multiplies_them(sizes, multiply, fit):
    train, seen = figure("shape_train"), {}
    for choice in product((NONE, *BLOCKS), repeat=3):
        state = dict(zip(SLOTS, choice, strict=True)) | {"sizes": sizes}
        seen[tuple(name for name in choice if name != NONE)] = agree(oracles.shape_train, train, state)
    told = [sum(words in said for said in seen.values()) for words in ("", "it has the shape", "it is dJ/dx")]
    assert census(sizes) == (259, multiply, fit, 1) and told == [259, fit, 1]  # a gap between blocks is told nowhere
    assert sum("does not multiply" not in said for said in seen.values()) == multiply
    counts = f"of all 259 trains of up to 3 blocks {multiply} multiply, {fit} of them to the shape of x, 1 to"
    assert all(counts in said for said in seen.values())
    shows([train.counts], [3, 259, multiply, fit, 1])


def test_every_number_of_a_train_has_room_in_its_cell():
    trains = (
        Train(dict(zip(("sizes", *SLOTS), state, strict=True))) for state in product(SIZES, *[[NONE, *BLOCKS]] * 3)
    )
    assert max(np.abs(row).max() for train in trains for row in train.rows) < 9.995


def test_what_is_behind_a_mismatch_is_drawn_as_not_reached():
    train, _ = at("shape_train", **RIGHT | {"second": "W1"})
    assert [text.get_alpha() < 1 for text in train.names] == [False, False, True, True, True]
    assert train.rail.get_xdata()[-1] == train.rest.get_xdata()[0] == train.couplings[1].get_position()[0]
    assert [text.get_bbox_patch().get_linestyle() for text in train.couplings[:2]] == ["-", "--"]


def test_a_block_is_drawn_row_by_row_with_its_largest_number_fullest():
    train, _ = at("shape_train", **RIGHT)
    block, numbers = train.blocks[1], np.abs(_network("4, 5, 3")[1]["W2ᵀ"]).ravel()
    np.testing.assert_array_equal(np.argsort(block.get_facecolor()[1:, 3]), np.argsort(numbers))
    corners = np.array([path.vertices.min(axis=0) for path in block.get_paths()[1:]])
    assert np.lexsort((corners[:, 0], corners[:, 1].round(6))).tolist() == list(range(numbers.size))


# ---- The pushed input


@pytest.mark.parametrize("k", push.NAMES)
def test_a_small_step_along_any_dart_of_the_field_lowers_J_and_no_two_darts_touch(k):
    darts = push._field(k).vertices.reshape(len(push.GRID), -1, 2)
    for place, dart in zip(push.GRID, darts, strict=True):
        along = dart[0] - (dart[1] + dart[3]) / 2  # from the tail to the tip
        y = one_hot(push.NAMES.index(k), 3)
        slope = input_gradient(place, y, *push.NETWORK)
        assert along == pytest.approx(-push.DART_LENGTH * slope / np.sqrt(np.linalg.norm(slope)), abs=1e-6)
        assert loss(place + 1e-3 * along, y, *push.NETWORK) < loss(place, y, *push.NETWORK)
    outlines = [Outline(dart[[0, 1, 2, 3, 0]]) for dart in darts]
    assert not any(one.intersects_path(other) for one, other in combinations(outlines, 2))


def test_a_region_holds_the_inputs_for_which_its_class_is_the_most_probable():
    plane = at("push_figure")[0].figure.axes[0]
    areas = [artist for artist in plane.get_children() if isinstance(artist, ContourSet) and artist.filled]
    assert len({area.hatches[0] for area in areas}) == len(areas) == 3
    points = np.random.default_rng(0).uniform(-push.EDGE, push.EDGE, (300, 2))
    theta = forward(points, *push.NETWORK).theta
    runner_up, best = np.sort(theta, axis=1)[:, 1:].T
    clear = best - runner_up > 0.05
    inside = np.array([area.get_paths()[0].contains_points(points) for area in areas]).T
    assert clear.sum() > 250
    assert (inside[clear] == np.eye(3, dtype=bool)[theta[clear].argmax(axis=1)]).all()


def test_the_network_is_unsure_somewhere_and_sure_of_each_class_somewhere():
    y_hat = forward(push.GRID, *push.NETWORK).y_hat
    assert (y_hat.max(axis=0) > 0.95).all() and y_hat.max(axis=1).min() < 0.7
    assert np.bincount(y_hat.argmax(axis=1)).min() > 0.15 * len(push.GRID)


# ---- The V curve


@pytest.mark.parametrize(("precision", "method"), list(product(PRECISIONS, ("forward", "central"))))
def test_the_best_step_lies_within_a_decade_of_the_rule(precision, method):
    measured, expected = best_step(precision, method)
    assert 0.1 < measured / expected < 10


@pytest.mark.parametrize("precision", PRECISIONS)
def test_what_is_measured_is_what_the_dashed_lines_say_is_cut_off_or_rounded(precision):
    guides, steps = _guides(precision), np.array(STEPS)
    for name, measured in errors(precision).items():
        cut = guides["h" if name == "forward" else "h²"](steps)
        rounded = PRECISIONS[precision].eps * np.ones(len(steps)) if name == "complex step" else guides["1/h"](steps)
        ratio = measured / np.minimum(cut + rounded, 1)
        assert ratio.min() > 0.2 and ratio.max() < 4, name


def test_the_pass_in_float32_is_float32_from_end_to_end_and_the_same_function():
    rng = np.random.default_rng(0)
    x, W1, b1, W2, b2 = (rng.normal(size=size) for size in ((2, 4), (4, 5), 5, (5, 3), 3))
    network = x, np.eye(3)[[0, 2]], W1, b1, W2, b2
    assert single_precision_loss(*network).dtype == np.float32
    assert single_precision_loss(x.astype(complex), *network[1:]).dtype == np.complex64
    assert single_precision_loss(*network) == pytest.approx(loss(*network), rel=1e-5)


# ---- The digits


def test_the_digits_are_those_that_were_published_with_source_and_licence_beside_them():
    room = Path(data.__file__).parent
    digest = hashlib.sha256((room / "digits.csv.gz").read_bytes()).hexdigest()
    assert digest == "09f66e6debdee2cd2b5ae59e0d6abbb73fc2b0e0185d2e1957e9ebb51e23aa22"
    told = (room / "README.md").read_text(encoding="utf-8")
    for words in ("Alpaydin", "10.24432/C50P49", "CC BY 4.0", "creativecommons.org/licenses/by/4.0", "unchanged"):
        assert words in told


def test_images_have_64_pixels_of_ink_in_sixteenths_from_the_top_and_each_caller_gets_arrays_of_its_own():
    images, labels = data.digits()
    assert images.shape == (1797, 64) and images.dtype == float
    assert labels.shape == (1797,) and labels.dtype.kind == "i"
    np.testing.assert_array_equal(np.unique(images), np.arange(17) / 16)
    np.testing.assert_array_equal(np.unique(labels), np.arange(10))
    seven = images[labels == 7].mean(axis=0).reshape(8, 8)
    assert seven[:2].sum() > 1.5 * seven[6:].sum()  # a bar at the top, a foot below
    images[:], labels[:] = 2, -1
    assert data.digits()[0].max() == 1 and data.digits()[1].min() == 0


def pushed(epsilon, **push):
    """What becomes of a 3 that is pushed towards an 8."""
    shown, _ = at(digit_figure(*SEES_DIGITS, **push), image=3, epsilon=epsilon)
    return 1 - shown.pictures[3].get_array()[..., 0].ravel()


def test_a_push_of_the_readers_own_is_used_and_kept_within_the_range_of_ink():
    np.testing.assert_array_equal(pushed(0.1, push=lambda x, dx, epsilon: x + 5), np.ones(64))
    assert not np.allclose(pushed(0.1, push=lambda x, dx, epsilon: x - epsilon * dx), pushed(0.1))


def test_a_push_that_stops_is_told_and_spoils_no_image_nor_does_the_notebook():
    def spoils(x, dx, epsilon):
        x[:] = 0
        return 1 / 0 if epsilon else x[:3]

    images, *rest = SEES_DIGITS
    mine = images.copy()
    figure = digit_figure(mine, *rest, push=spoils, image=3)
    mine[:] = 0
    for epsilon, why in ((0, "returned shape (3,), not (64,)"), (0.1, "stopped: ZeroDivisionError: division by zero")):
        assert figure.picture({"epsilon": epsilon})["twin"] == f"Your function {why}."
    np.testing.assert_array_equal(figure.images, images)


# ---- The designer of test data


GOOD = {"gradient": "dJ/dx", "N": 6, "D": 4, "H": 5, "K": 3, "scale": 1.0, "labels": "soft", "biases": "N(0, 1)"}
GOOD |= {"rule": RELATIVE}
WORST = GOOD | {"N": 1, "D": 3, "H": 3, "labels": "all equal", "biases": "zero", "scale": 1e-4, "rule": CLASSIC}


def survivors(**changed):
    _, wrong = outcomes(**GOOD | changed)
    return {slug for slug, outcome in wrong.items() if outcome.passes}


@pytest.mark.parametrize("gradient", GRADIENTS)
def test_with_good_data_next_to_no_wrong_formula_passes_and_with_careless_data_most(gradient):
    for design, least, most in ((GOOD, 0, 0.2), (WORST, 0.7 if gradient == "dJ/dx" else 0, 1)):
        right, wrong = outcomes(**design | {"gradient": gradient})
        assert right.passes and least <= len(survivors(**design | {"gradient": gradient})) / len(wrong) < most
    assert {"sign", "no-prime", "w1-not-transposed"} <= survivors(**WORST)


def test_the_way_that_the_chapter_advises_lets_fewer_through_at_each_change_but_the_last():
    """Weights, rule, rows, biases, labels; then three different sizes, and one formula comes back."""
    design = DesignFigure().state()
    changes = [{"scale": 1}, {"rule": RELATIVE}, {"N": 6}, {"biases": "N(0, 1)"}, {"labels": "soft"}, {"D": 4, "H": 5}]
    left = []
    for change in ({}, *changes):
        design |= change
        right, wrong = outcomes(**design)
        assert right.passes
        left.append({slug for slug, outcome in wrong.items() if outcome.passes})
    assert all(after <= before for before, after in pairwise(left[:-1]))
    assert len(left[1]) < len(left[0]) / 2
    assert left[-1] - left[-2] == {"transposed-to-fit"} and left[-2] < left[-1]


@pytest.mark.parametrize(("better", "worse", "gradients", "hidden"), rows("What worse test data hide"))
def test_worse_data_hide_just_the_formulas_that_the_chapter_says(better, worse, gradients, hidden):
    better, worse = (eval(f"dict({data})", {"CLASSIC": CLASSIC}) for data in (better, worse))
    for gradient in gradients.split("; ") if gradients else GRADIENTS:
        before, after = (survivors(**data, gradient=gradient) for data in (better, better | worse))
        assert set(hidden.split(", ")) <= after - before


def test_tiny_weights_hide_most_under_a_floor_raise_a_false_alarm_without_and_do_no_harm_to_the_complex_step():
    tiny = {rule: outcomes(**GOOD | {"scale": 1e-4, "rule": rule}) for rule in (CLASSIC, RELATIVE, COMPLEX_STEP)}
    passing = {rule: sum(outcome.passes for outcome in wrong.values()) for rule, (_, wrong) in tiny.items()}
    assert [right.passes for right, _ in tiny.values()] == [True, False, True]
    assert passing[CLASSIC] > 0.5 * len(tiny[CLASSIC][1])
    assert passing[COMPLEX_STEP] == len(survivors())


def test_of_several_formulas_of_one_name_the_one_with_the_smallest_error_speaks():
    equal = GOOD | {"D": 4, "H": 4, "K": 4}
    _, wrong = outcomes(**equal)
    arguments = designer._arguments(equal)
    right = input_gradient(*arguments)
    for slug in ("w1-not-transposed", "w2-not-transposed"):
        errors = []
        for mistake in BANK["2b_3.input_gradient"].mistakes:
            with contextlib.suppress(ValueError):  # it stops, though others of its name do not
                if mistake.slug == slug:
                    errors.append(relative_error(mistake.formula(*arguments), right))
        assert wrong[slug].how == f"error {min(errors):.1g}"


@pytest.mark.parametrize(("design", "slug", "how"), rows("What caught a formula"))
def test_what_caught_a_formula_is_told(design, slug, how):
    outcome = outcomes(**eval(design, {"GOOD": GOOD, "WORST": WORST}))[1][slug]
    assert re.fullmatch(re.escape(how).replace("…", ".*"), outcome.how) and not outcome.passes


@pytest.mark.parametrize("gradient", GRADIENTS)
def test_a_formula_that_is_pressed_is_explained_by_what_is_written_and_by_the_banks_words(gradient):
    figure = DesignFigure(gradient=gradient)
    told = {(m.slug, designer.plain(m.feedback)) for m in BANK[GRADIENTS[gradient][0]].mistakes}
    for cell, entry in enumerate(designer.table(gradient)):
        said = figure.update(figure.state(formula=cell))
        for text in (figure.line, figure.told):
            box = text.get_window_extent()
            assert box.x1 < figure.figure.bbox.width and box.y0 > 0, entry
        assert entry.told in said and entry.line in said
        if entry.told.startswith("Its "):
            assert entry.line and (entry.name, entry.told.partition(": ")[2]) in told
            assert not re.search(r"[$\\\\]", entry.told)


def test_formulas_stand_below_the_line_that_they_spoil():
    head, below = None, {}
    for entry in designer.table("dJ/dx"):
        head = head if entry.told.startswith("Its ") else entry.line
        below.setdefault(head, []).append(entry.name)
    assert "no-prime" in below["prime = h * (1 - h)"] and "forgot-b1" in below["z = x @ W1 + b1"]
    assert {"sign", "starts-from-p"} <= set(below["dtheta = (y_hat - y) / N"])


def test_a_change_of_one_size_leaves_the_other_numbers_as_they_are():
    small, large = designer._arguments(GOOD), designer._arguments(GOOD | {"N": 8, "H": 6})
    np.testing.assert_array_equal(small[0], large[0][:6])
    np.testing.assert_array_equal(small[2], large[2][:, :5])


# ---- The training curve


def texts(screen):
    return [bundle["text/plain"] for bundle in screen.outputs]


@pytest.fixture
def grown(monkeypatch):
    """What the growing figure says, each time that it is drawn anew."""
    said = []

    def renewed(figure, renew=TrainingFigure.renew):
        renew(figure)
        said.append(figure.spec["first"]["twin"])

    monkeypatch.setattr(TrainingFigure, "renew", renewed)
    return said


def test_the_saved_notebook_keeps_the_last_picture_and_a_sentence_that_is_the_same_at_every_run(screen):
    curve = training_curve(3)
    for _ in range(2):  # iterating again starts afresh
        seen = []
        for epoch in curve:
            seen.append(epoch)
            curve.add(*EPOCHS[epoch])
        assert seen == [0, 1, 2] and curve.rows == EPOCHS
    told = (
        "Figure: The training. After epoch 3 of 3 J is 0.500 on the training images and 0.750 on the test images, of "
        "which 87.1 % are recognised; after the first epoch J was 2.10."
    )
    assert texts(screen) == ["Training, 3 epochs.", told] * 2
    assert screen.outputs[1]["image/png"] == screen.outputs[3]["image/png"]


@pytest.mark.parametrize("apart", [True, False])
def test_the_figure_grows_while_it_runs_and_leaves_its_picture(screen, grown, monkeypatch, apart):
    for module in ("page", "training"):
        monkeypatch.setattr(f"utils.figures.{module}.outputs_apart", lambda: apart)
    monkeypatch.setattr(training, "PAUSE", 0)
    monkeypatch.setattr(training, "SHARE", 0)
    curve = training_curve(3)
    for epoch in curve:
        if epoch == 0:
            assert texts(screen) == ["Training, 3 epochs.", ""] if apart else ["Training, 3 epochs."]
            assert WIDGET_VIEW in screen.outputs[-1]
        curve.add(*EPOCHS[epoch])
    assert grown[:2] == [f"Epochs that are through: {count} of 3." for count in (0, 1)]
    assert [said[:19] for said in grown[2:]] == ["After epoch 2 of 3 ", "After epoch 3 of 3 "]
    picture, figure = screen.outputs if apart else screen.outputs[1:] * 2
    assert len(screen.outputs) == 2 and "image/png" in picture and WIDGET_VIEW in figure


def test_it_is_drawn_a_few_times_a_second_and_not_at_every_epoch(screen, grown, monkeypatch):
    clock = count(step=0.01)
    monkeypatch.setattr(training, "time", SimpleNamespace(monotonic=lambda: next(clock)))
    curve = training_curve(100)
    for _ in curve:
        curve.add(1, 1, 0.5)
    assert 3 <= len(grown) <= 10


def test_an_interrupted_training_leaves_its_curve_and_what_was_learned(screen):
    curve = training_curve(60)
    with pytest.raises(KeyboardInterrupt):
        for epoch in curve:
            curve.add(*EPOCHS[epoch % 3])
            if epoch == 4:
                raise KeyboardInterrupt
    assert len(curve.rows) == 5
    assert "After epoch 5 of 60" in texts(screen)[-1]


def test_the_stop_button_leaves_a_few_lines_and_what_it_does_elsewhere_stays_as_it_is(screen, monkeypatch, capsys):
    shell = InteractiveShell()
    monkeypatch.setattr(training, "get_ipython", lambda: shell)
    deep = "def dig(depth):\n    if not depth:\n        raise KeyboardInterrupt\n    dig(depth - 1)\n"
    shell.run_cell(deep)

    def lines(cell):
        before = shell.execution_count
        assert isinstance(shell.run_cell(cell).error_in_exec, KeyboardInterrupt)
        assert shell.execution_count == before
        return capsys.readouterr().out.splitlines()

    trained = "from utils import training_curve\nfor epoch in training_curve(3):\n    dig(7)"
    assert len(lines(trained)) < 12 < len(lines("dig(7)"))
    shell.run_cell(trained.replace("dig(7)", "break"))
    capsys.readouterr()
    assert len(lines("dig(7)")) > 12, "the next cell is told in full"


def test_an_error_before_the_first_epoch_is_through_leaves_no_empty_figure(screen):
    with pytest.raises(ZeroDivisionError):
        for _ in training_curve(60):
            1 / 0  # noqa: B018
    assert texts(screen) == ["Training, 60 epochs."]


@pytest.mark.parametrize("strange", [np.nan, np.inf, 0.0, 1e30])
def test_a_loss_off_every_scale_is_still_drawn(strange):
    figure = TrainingFigure(3, [(2, 2, 0.1), (strange, 2, 0.1), (2, strange, 0.1)])
    assert figure.picture(figure.state(epoch=2))["shapes"]
    assert TrainingFigure(3, [(strange, 2, 0.1)]).picture({})["shapes"]

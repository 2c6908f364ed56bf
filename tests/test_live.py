"""The machinery of live figures: what is recorded, asked, answered and saved."""

import re
from base64 import b64decode
from pathlib import Path as File

import matplotlib.pyplot as plt
import numpy as np
import pytest
from fontTools.pens.recordingPen import RecordingPen
from fontTools.svgLib.path import parse_path
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch
from matplotlib.path import Path

from tests.pages import rows
from utils.figures import live, style
from utils.figures.live import LiveFigure, Slider, span, yours
from utils.figures.record import Recorder

ROOM = File(live.__file__).parent
JS = (ROOM / "live.js").read_text()


@pytest.fixture(autouse=True)
def all_the_time_there_is(monkeypatch):
    monkeypatch.setattr(live, "SLICE", 60)  # seconds: how much a slow machine answers at once is no matter here


class Dot(LiveFigure):
    """One dot that jumps; beyond 5 it raises what it was told to."""

    title = "A dot"
    size = 4, 2
    controls = (Slider("a", "place a", span(0, 10, 1), 2), Slider("mark", "mark", ("round", "square"), "round"))
    trouble = ValueError("too far")

    def build(self, figure):
        axes = figure.subplots()
        axes.set(xlim=(0, 10), ylim=(0, 10))
        axes.plot([0, 10], [0, 10], color=style.INK)
        (self.dot,) = axes.plot([], [], "o", color=style.BLUE, animated=True)

    def update(self, state):
        print("the reader's function may print")
        np.log(np.zeros(1))
        if state["a"] > 5:
            raise self.trouble
        self.dot.set(data=([state["a"]], [state["a"]]), marker=state["mark"][0].replace("r", "o"))
        return f"The dot is {state['mark']} and at {state['a']:.0f}."


def ask(figure, *states):
    return figure.answer({"ticket": "t", "states": list(states)})


GRID = np.meshgrid(np.linspace(5, 75, 12), np.linspace(5, 75, 12))
X, Y = np.meshgrid(np.linspace(0, 400, 20), np.linspace(0, 320, 20))


def record(draw, size=(100, 80)):
    """What is drawn on an empty page of 100 x 80 pixels, whose axes have one unit a pixel and y up."""
    recorder = Recorder(*size, 72)
    figure = Figure(figsize=np.divide(size, 72), dpi=72)
    axes = figure.add_axes((0, 0, 1, 1), xlim=(0, size[0]), ylim=(0, size[1]), frameon=False)
    axes.set_axis_off()
    draw(axes)
    figure.patch.set_visible(False)
    figure.draw(recorder)
    return recorder.shapes


def clipped(axes):
    axes.bar([60], [3000], width=30)  # by the axes
    axes.bar([240], [280], width=160)[0].set_clip_path(Path([(180, 0), (300, 0), (240, 250)]), axes.transData)


def drawing(drawn):
    """What draws as a row of the page recorded.md says."""
    return eval(f"lambda axes: {drawn}", {"np": np, "GRID": GRID, "X": X, "Y": Y, "clipped": clipped})


def outline(d, at=(0, 0)):
    """SVG path data as a matplotlib path in the same units, y down."""
    pen = RecordingPen()
    parse_path(d, pen)
    kinds = {"moveTo": Path.MOVETO, "lineTo": Path.LINETO, "qCurveTo": Path.CURVE3, "curveTo": Path.CURVE4}
    drawn = [(point, kinds[command]) for command, points in pen.value for point in points]
    vertices, codes = zip(*drawn, strict=True)
    return Path(np.array(vertices) + at, codes)


def box(shape):
    """Left, top, right, bottom in pixels."""
    return tuple(outline(shape["d"], shape.get("at", (0, 0))).get_extents().extents / 10)


# ---- Recording


@pytest.mark.parametrize(("drawn", "recorded"), rows("How a shape looks from 15, 50 to 25, 80", "recorded.md"))
def test_a_shape_has_its_look_and_its_corners_in_tenths_of_a_pixel_from_the_upper_left(drawn, recorded):
    (shape,), recorded = record(drawing(drawn)), eval(recorded)
    assert box(shape) == (15, 50, 25, 80) and re.fullmatch(r"[-MlZ\d ]+", shape["d"])
    assert {key: shape[key] for key in recorded} == recorded
    assert ("fill" in shape) == ("fill" in recorded)


@pytest.mark.parametrize(("drawn", "outlines", "why"), rows("How many outlines each shape has", "recorded.md"))
def test_what_is_seen_is_recorded_as_few_shapes_and_those_whose_overlaps_show_stay_apart(drawn, outlines, why):
    assert [shape["d"].count("M") for shape in record(drawing(drawn))] == eval(outlines), why


def test_coordinates_stay_within_what_a_canvas_can_hold():
    bar, line = record(lambda axes: (axes.bar([20], [1e300], width=10), axes.plot([0, 100], [-1e12, 1e12])))
    assert np.abs(outline(bar["d"]).vertices).max() <= 1e6
    assert np.abs(outline(line["d"]).vertices).max() <= 2000


def test_the_same_text_elsewhere_has_the_same_outline():
    def draw(axes):
        axes.text(10, 40, "0.25")
        axes.text(50.3, 20, "0.25", color="red")
        axes.text(50, 60, "0.25", fontsize=20)

    first, second, larger = record(draw)
    assert first["d"] == second["d"] != larger["d"] and first["at"] != second["at"]


def test_a_hatch_is_recorded_as_one_tile_in_the_colour_of_the_edge():
    look = {"facecolor": "#112233", "edgecolor": "white", "linewidth": 0, "hatch": "//"}
    (bar,) = record(lambda axes: axes.bar([20], [30], **look))
    tile, side, colour, width = bar["hatch"]
    assert "stroke" not in bar
    assert (side, colour) == (720, "#ffffffff")
    assert width > 0
    slopes = [np.subtract(*line)[1] / np.subtract(*line)[0] for line in np.reshape(outline(tile).vertices, (-1, 2, 2))]
    assert np.allclose(slopes, -1)  # uphill, for y points down


def test_a_small_picture_travels_as_its_own_pixels():
    pixels = np.arange(6).reshape(2, 3)
    (shape,) = record(lambda axes: axes.imshow(pixels, extent=(10, 40, 20, 40), interpolation="none", aspect="auto"))
    data, columns, rows = shape["image"]
    assert (columns, rows) == (3, 2)
    assert len(b64decode(data)) == 2 * 3 * 4
    a, b, c, d, e, f = shape["matrix"]
    corners = np.array([[0, 0], [3, 2]]) @ [[a, b], [c, d]] + (e, f)
    assert sorted(corners[:, 0]) == pytest.approx([100, 400], abs=10)
    assert sorted(corners[:, 1]) == pytest.approx([400, 600], abs=10)
    (smooth,) = record(lambda axes: axes.imshow(pixels, extent=(10, 40, 20, 40), interpolation="bilinear"))
    assert smooth["image"][1] >= 28


@pytest.mark.parametrize(("drawn",), rows("What looks the same when its recording is painted", "recorded.md"))
def test_the_recording_painted_again_is_the_figure(drawn):
    def painted(draw, **limits):
        figure = Figure(figsize=(400 / 72, 320 / 72), dpi=72)
        axes = figure.add_axes((0, 0, 1, 1), **limits)
        axes.set_axis_off()
        draw(axes)
        canvas = FigureCanvasAgg(figure)
        canvas.draw()
        return 255 - np.asarray(canvas.buffer_rgba())[..., :3].astype(float)

    def draw_again(axes):
        for shape in shapes:
            path = outline(shape["d"], shape.get("at", (0, 0)))
            look = {"facecolor": shape.get("fill", "none"), "edgecolor": shape.get("stroke", "none"), "snap": False}
            patch = axes.add_patch(
                PathPatch(path, linewidth=shape.get("line", {"lineWidth": 0})["lineWidth"] / 10, **look)
            )
            for clip in shape.get("clip", [])[-1:]:
                patch.set_clip_path(outline(clip), axes.transData)

    draw = drawing(drawn)
    shapes = record(draw, (400, 320))
    original = painted(draw, xlim=(0, 400), ylim=(0, 320))
    again = painted(draw_again, xlim=(0, 4000), ylim=(3200, 0))
    assert original.mean() > 2
    off = 0.3 if any("at" in shape for shape in shapes) else 0.05  # letters are fitted to pixels in one of them
    assert np.abs(again - original).sum() < off * original.sum()


# ---- Questions and answers


def test_a_question_is_answered_in_its_order_and_the_answer_depends_on_it_alone():
    figure, states = Dot(), [{"a": a, "mark": mark} for a in (2, 3, 9, 4, 0, 5) for mark in ("round", "square")]
    reply = ask(figure, *states)
    assert reply["ticket"] == "t" and len(reply["pictures"]) == len(states)
    for state, picture in zip(reversed(states), reversed(reply["pictures"]), strict=True):
        assert picture == ask(figure, state)["pictures"][0] == ask(Dot(), state)["pictures"][0]
        if state["a"] < 6:
            assert picture["twin"] == f"The dot is {state['mark']} and at {state['a']}."
            assert [shape["fill"] for shape in picture["shapes"]] == [f"{style.BLUE}ff"]


def test_a_sweep_stops_when_its_slice_of_time_is_over_but_never_with_nothing(monkeypatch):
    monkeypatch.setattr(live, "SLICE", 0)
    assert len(ask(Dot(), *({"a": a} for a in range(6)))["pictures"]) == 1


def test_every_control_tells_the_browser_its_stops_texts_and_start():
    place, mark = Dot(a=3).spec["controls"]
    assert [control["name"] for control in (place, mark)] == ["a", "mark"]
    assert place["stops"][place["start"]] == {"a": 3.0}
    assert mark["stops"] == [{"mark": "round"}, {"mark": "square"}] and mark["named"] and "named" not in place
    assert len(place["texts"]) == len(place["stops"]) == 11


def test_the_still_layer_holds_what_stays_and_nothing_of_what_moves():
    spec = Dot().spec
    colours = {shape.get(key) for shape in spec["still"] for key in ("fill", "stroke")}
    assert "#000000ff" in colours
    assert f"{style.BLUE}ff" not in colours


def test_lines_and_bars_lie_on_whole_pixels():
    figure = Dot()
    assert (figure.spec["width"], figure.spec["height"]) == (384, 192)
    spines = [shape for shape in figure.spec["still"] if shape["d"].count("l") == 1 and shape.get("line")]
    assert all(box(shape)[0] % 1 == 0.5 or box(shape)[1] % 1 == 0.5 for shape in spines[:4])


def test_moving_artists_are_painted_in_the_order_of_their_axes_and_zorder():
    class Two(Dot):
        def build(self, figure):
            super().build(figure)
            (self.above,) = self.dot.axes.plot([1], [1], "s", color="red", zorder=5, animated=True)
            (self.below,) = self.dot.axes.plot([1], [1], "s", color="lime", zorder=1, animated=True)

    fills = [shape["fill"] for shape in Two().picture({})["shapes"]]
    assert fills == ["#00ff00ff", f"{style.BLUE}ff", "#ff0000ff"]


# ---- The reader's function


@pytest.mark.parametrize(("trouble", "sentence"), rows("How trouble is told"))
def test_an_exception_leaves_the_last_picture_says_so_and_does_not_last(trouble, sentence):
    figure = Dot()
    figure.trouble = eval(trouble, vars(live))
    good, bad, again = ask(figure, {"a": 3}, {"a": 8}, {"a": 3})["pictures"]
    assert bad == {"shapes": None, "twin": sentence}
    assert good == again


def test_a_figure_that_fails_at_its_start_can_still_be_shown():
    figure = Dot(a=9)
    data, _ = figure._repr_mimebundle_()
    assert data["text/plain"] == "Figure: A dot. This picture could not be drawn: ValueError: too far."
    assert data["image/png"]


def test_an_interrupt_is_answered_with_no_pictures_so_that_the_browser_stops_asking(monkeypatch):
    figure, sent = Dot(), []
    figure.trouble = KeyboardInterrupt()
    monkeypatch.setattr(figure, "send", sent.append)
    figure._receive(figure, {"ticket": 7, "states": [{"a": 9}]}, [])
    assert sent == [{"ticket": 7, "pictures": []}]
    figure._receive(figure, {"ticket": 8, "states": [{"a": 1}]}, [])
    assert [picture["twin"] for picture in sent[1]["pictures"]] == ["The dot is round and at 1."]


def test_yours_gives_floats_of_the_shape_and_lends_only_copies():
    def shifted(x):
        x -= 1
        return [int(value) for value in x]

    x = np.arange(3)
    assert yours(shifted, x, shape=(3,)).tolist() == [-1, 0, 1]
    assert x.tolist() == [0, 1, 2]
    assert yours(lambda x: x.sum(), x) == 3


# ---- What is saved


def test_the_readers_own_settings_change_nothing_and_are_left_alone():
    expected = Dot().png(), Dot().spec
    with plt.style.context(["dark_background", {"font.size": 20, "axes.grid": True, "path.simplify": False}]):
        before = dict(plt.rcParams)
        figure = Dot()
        assert figure.png() == expected[0]
        assert figure.spec == expected[1]
        assert ask(figure, {"a": 2})["pictures"][0] == expected[1]["first"]
        assert dict(plt.rcParams) == before


# ---- Look


def test_roles_differ_by_hatch_as_well_as_by_colour():
    roles = (style.REFERENCE, style.YOURS, style.NAIVE)
    assert len({role.get("hatch") for role in roles}) == len({role["facecolor"] for role in roles}) == 3
    assert style.signed(-1) == style.NEGATIVE and style.signed(0) == style.signed(1) == style.POSITIVE
    assert style.NEGATIVE["hatch"] and not style.POSITIVE["hatch"]


def test_the_javascript_has_short_lines_knows_no_figure_and_no_host_and_needs_no_module():
    assert max(map(len, JS.splitlines())) <= 120
    kinds = {kind for path in ROOM.glob("*.py") for kind in re.findall(r"class (\w+)\(LiveF", path.read_text())}
    assert kinds and not [kind for kind in kinds if kind in JS]
    assert "http" not in JS and "import " not in JS


def test_the_javascript_reads_every_key_that_the_recorder_writes():
    def draw(axes):
        axes.bar([20], [30], edgecolor="black", hatch="/", linestyle="--")
        axes.imshow(np.eye(3), interpolation="none")
        axes.text(10, 10, "words")

    assert set().union(*record(draw)) == set(re.findall(r"shape\.(\w+)", JS))


# ---- Two layouts


def test_a_narrow_page_is_given_the_narrow_layout_and_a_wide_one_the_wide():
    class Tall(Dot):
        size, narrow_size = (4, 2), (2, 4)

    figure = Tall(a=1)
    wide = figure.spec
    assert wide["turn"] == 3 * style.DPI and not wide["narrow"]
    figure._receive(figure, {"narrow": True}, [])
    narrow = figure.spec
    assert narrow["narrow"] and (narrow["width"], narrow["height"]) == (wide["height"], wide["width"])
    assert narrow["controls"] == wide["controls"] and narrow["first"]["twin"] == wide["first"]["twin"]
    assert ask(figure, {"a": 3})["pictures"][0]["twin"] == "The dot is round and at 3."
    figure._receive(figure, {"narrow": False}, [])
    assert figure.spec == wide

"""The machinery of live figures: what is recorded, asked, answered and saved."""

import io
import json
import re
import textwrap
from base64 import b64decode
from pathlib import Path as File

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch
from matplotlib.path import Path

from utils.figures import live, style
from utils.figures.live import Handle, LiveFigure, Slider, Stopped, span, yours
from utils.figures.record import Recorder

JS = File(live.__file__).with_name("live.js").read_text()


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

    def twin(self, state):
        return f"The dot is {state['mark']} and at {state['a']:.0f}."


class Plane(LiveFigure):
    title = "A plane"
    size = 4, 4
    controls = (
        Handle(("x", "y"), "point", (span(0, 1, 0.5), span(0, 1, 0.5)), (0.5, 0), allowed=lambda x, y: x + y <= 1),
    )

    def build(self, figure):
        self.axes = figure.subplots()
        self.axes.set(xlim=(0, 1), ylim=(0, 1))

    def update(self, state):
        pass

    def twin(self, state):
        return f"The point is ({state['x']}, {state['y']})."


def ask(figure, *states):
    return figure.answer({"ticket": "t", "states": list(states)})


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


def outline(d, at=(0, 0)):
    """SVG path data as a matplotlib path in the same units, y down."""
    codes = {"l": (Path.LINETO, 1), "q": (Path.CURVE3, 2), "c": (Path.CURVE4, 3)}
    vertices, kinds, here = [], [], np.zeros(2)
    for command, numbers in re.findall(r"([MHVZlqc])([^MHVZlqc]*)", d):
        values = [float(number) for number in numbers.split()]
        if command == "Z":
            vertices.append(here)
            kinds.append(Path.CLOSEPOLY)
        elif command in "MHV":
            here = np.array({"M": values, "H": [*values, here[1]], "V": [here[0], *values]}[command])
            vertices.append(here)
            kinds.append(Path.MOVETO if command == "M" else Path.LINETO)
        else:
            code, size = codes[command]
            for group in np.reshape(values, (-1, size, 2)):
                vertices.extend(here + group)
                kinds.extend([code] * size)
                here = here + group[-1]
    return Path(np.array(vertices) + at, kinds)


def box(shape):
    """Left, top, right, bottom in pixels."""
    extents = outline(shape["d"], shape.get("at", (0, 0))).get_extents()
    return extents.x0 / 10, extents.y0 / 10, extents.x1 / 10, extents.y1 / 10


# ---- Recording


def test_a_bar_is_recorded_with_its_colour_and_corners_in_tenths_of_a_pixel_from_the_upper_left():
    (bar,) = record(lambda axes: axes.bar([20], [30], width=10, color="#123456"))
    assert bar["fill"] == "#123456ff"
    assert box(bar) == (15, 50, 25, 80)
    assert re.fullmatch(r"[-MlZ\d ]+", bar["d"])


def test_translucency_is_recorded_whether_it_comes_with_the_colour_or_apart():
    def draw(axes):
        axes.bar([20], [30], color=(1, 0, 0, 0.5))
        axes.bar([50], [30], color="red", alpha=0.5)

    assert [shape["fill"] for shape in record(draw)] == ["#ff000080"] * 2


def test_a_line_is_recorded_with_width_dashes_and_ends():
    (line,) = record(lambda axes: axes.plot([0, 50], [20, 20], "k--", linewidth=2, dash_capstyle="projecting"))
    assert line["stroke"] == "#000000ff"
    assert "fill" not in line
    assert line["line"]["lineWidth"] == 20
    assert line["line"]["lineCap"] == "square"
    assert line["dash"] == [74, 32]


def test_what_cannot_be_seen_is_not_recorded():
    def draw(axes):
        axes.bar([20], [30], facecolor="none", edgecolor="none")
        axes.plot([0, 50], [20, 20], linewidth=0)
        axes.text(10, 10, "")
        axes.plot([0, 50], [np.nan, np.nan])

    assert record(draw) == []


def test_a_gap_in_a_curve_stays_a_gap():
    (line,) = record(lambda axes: axes.plot([0, 10, 20, 30, 40], [1, 2, np.nan, 3, 4]))
    assert line["d"].count("M") == 2


def test_coordinates_stay_within_what_a_canvas_can_hold():
    def draw(axes):
        axes.bar([20], [1e300], width=10)
        axes.plot([0, 100], [-1e12, 1e12])

    bar, line = record(draw)
    assert np.abs(outline(bar["d"]).vertices).max() <= 1e6
    assert np.abs(outline(line["d"]).vertices).max() <= 2000


def test_text_is_recorded_as_filled_outlines_at_its_place():
    (text,) = record(lambda axes: axes.text(30, 40, "θ = −1.5", color="black"))
    left, top, right, bottom = box(text)
    assert text["fill"] == "#000000ff"
    assert 29 < left < 32 and 80 > right > 60
    assert 29 < top < 33 and 39 < bottom < 42


def test_rotated_text_and_mathtext_are_recorded_too():
    def draw(axes):
        axes.text(50, 20, "upwards", rotation=90)
        axes.text(10, 40, r"$10^{-324}$")

    upwards, power = record(draw)
    left, top, right, bottom = box(upwards)
    assert bottom - top > 2 * (right - left)
    assert box(power)[2] > 30


def test_the_same_text_elsewhere_has_the_same_outline():
    def draw(axes):
        axes.text(10, 40, "0.25")
        axes.text(50.3, 20, "0.25", color="red")
        axes.text(50, 60, "0.25", fontsize=20)

    first, second, larger = record(draw)
    assert first["d"] == second["d"] != larger["d"]
    assert first["at"] != second["at"]


def test_a_hatch_is_recorded_as_one_tile_in_the_colour_of_the_edge():
    def draw(axes):
        axes.bar([20], [30], facecolor="#112233", edgecolor="white", linewidth=0, hatch="//")

    (bar,) = record(draw)
    tile, side, colour, width = bar["hatch"]
    assert "stroke" not in bar
    assert (side, colour) == (720, "#ffffffff")
    assert width > 0
    slopes = [np.subtract(*line)[1] / np.subtract(*line)[0] for line in np.reshape(outline(tile).vertices, (-1, 2, 2))]
    assert np.allclose(slopes, -1)  # uphill, for y points down


def test_many_arrows_and_many_marks_are_one_shape_each():
    def draw(axes):
        grid = np.linspace(5, 75, 12)
        axes.quiver(*np.meshgrid(grid, grid), np.ones((12, 12)), np.ones((12, 12)), color="red")
        axes.plot(grid, grid, "s", markeredgewidth=0, color="blue")

    arrows, marks = record(draw)
    assert arrows["d"].count("M") >= 144
    assert marks["d"].count("M") == 12


def test_shapes_stay_apart_where_their_overlaps_show():
    assert len(record(lambda axes: axes.scatter([20, 22, 24], [20, 20, 20], s=100, alpha=0.5, linewidths=0))) == 3
    assert len(record(lambda axes: axes.scatter([20, 22, 24], [20, 20, 20], s=100, edgecolors="red"))) == 3


def test_artists_are_clipped_to_their_axes_and_to_clip_paths():
    def draw(axes):
        axes.bar([20], [300], width=10, clip_on=True)
        bar = axes.bar([50], [30], width=10)[0]
        bar.set_clip_path(Path([(48, 0), (52, 0), (50, 30)]), axes.transData)

    first, second = record(draw)
    assert first["clip"] == ["M0 0H1000V800H0Z"]
    assert outline(second["clip"][-1]).get_extents().x0 == 480


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


def test_a_smoothed_picture_travels_as_it_looks():
    (shape,) = record(lambda axes: axes.imshow(np.eye(3), extent=(10, 40, 20, 40), interpolation="bilinear"))
    assert shape["image"][1] >= 28


def test_contours_and_meshes_are_recorded():
    x, y = np.meshgrid(np.linspace(0, 100, 20), np.linspace(0, 80, 20))
    assert len(record(lambda axes: axes.contourf(x, y, x * y, levels=3))) >= 3
    assert len(record(lambda axes: axes.pcolormesh(x[:3, :3], y[:3, :3], np.ones((2, 2))))) >= 1


def test_the_recording_painted_again_is_the_figure():
    def draw(axes):
        x = np.linspace(0, 400, 50)
        axes.plot(x, 160 + 120 * np.sin(x / 36), "r-", linewidth=9)
        axes.bar([80, 160, 240], [120, 40, 200], width=48, color="#0b9178", edgecolor="black")
        axes.plot([40, 200, 360], [240, 240, 80], "o", color="blue", markersize=48)
        axes.text(120, 220, "ŷ = 0.25", fontsize=60)

    def painted(draw, **limits):
        figure = Figure(figsize=(400 / 72, 320 / 72), dpi=72)
        axes = figure.add_axes((0, 0, 1, 1), **limits)
        axes.set_axis_off()
        draw(axes)
        canvas = FigureCanvasAgg(figure)
        canvas.draw()
        return np.asarray(canvas.buffer_rgba())[..., :3].astype(float)

    def draw_again(axes):
        for shape in record(draw, (400, 320)):
            path = outline(shape["d"], shape.get("at", (0, 0)))
            look = {"facecolor": shape.get("fill", "none"), "edgecolor": shape.get("stroke", "none"), "snap": False}
            axes.add_patch(PathPatch(path, linewidth=shape.get("line", {"lineWidth": 0})["lineWidth"] / 10, **look))

    original = painted(draw, xlim=(0, 400), ylim=(0, 320))
    again = painted(draw_again, xlim=(0, 4000), ylim=(3200, 0))
    assert original.std() > 50
    assert np.abs(again - original).mean() < 3


# ---- Controls


def test_a_span_has_both_ends_and_no_float_noise():
    assert span(0, 1, 0.1) == (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
    assert span(-5, 5, 0.1)[50] == 0
    assert str(span(-1, 1, 0.5)[2]) == "0.0"


@pytest.mark.parametrize(
    ("make", "given", "words"),
    [
        (span, (1, 0, 0.1), "span(1, 0, 0.1): wanted low < high"),
        (span, (0, 1, 0), "span(0, 1, 0): wanted low < high"),
        (span, (0, 1, -0.1), "span(0, 1, -0.1): wanted low < high"),
        (span, (0, 1, 0.3), "span(0, 1, 0.3): wanted low < high"),
        (span, (0, 0, 1), "span(0, 0, 1): wanted low < high"),
        (Slider, ("p", "p", (1,), 1), "p: wanted two or more names or increasing numbers"),
        (Slider, ("p", "p", (2, 1), 1), "p: wanted two or more names or increasing numbers"),
        (Slider, ("p", "p", (1, 1), 1), "p: wanted two or more names or increasing numbers"),
        (Slider, ("p", "p", ("a", "a"), 1), "p: wanted two or more names or increasing numbers"),
        (Slider, ("p", "p", (), 1), "p: wanted two or more names or increasing numbers"),
        (Slider, ("p", "p", span(0, 1, 0.1), 0.55), "p: no position 0.55; what fits is 0.6 or 0.5"),
        (Slider, ("p", "p", ("a", "b"), "c"), "p: no position 'c'; what fits is 'a' or 'b'"),
        (Slider, ("p", "p", span(0, 1, 0.1), "low"), "p: no position 'low'; what fits is one of 0.0 to 1.0"),
        (Handle, (("x",), "point", ((0, 1),) * 2, (0, 0)), "wanted as many names as sequences"),
        (Handle, (("x", "y"), "point", ((0.0, 1.0),) * 2, (0.2, 0)), "what fits is 0.0, 0.0 or 1.0, 0.0"),
    ],
)
def test_what_cannot_be_is_refused_with_what_was_given_and_what_would_fit(make, given, words):
    with pytest.raises(ValueError, match=re.escape(words)):
        make(*given)


def test_a_slider_writes_its_positions_with_the_decimals_they_need():
    def texts(positions, **more):
        return Slider("p", "p", positions, positions[0], **more).spec(None)["texts"]

    assert texts(span(0, 1, 0.05))[:3] == ["0.00", "0.05", "0.10"]
    assert texts(span(-1, 1, 1)) == ["−1", "0", "+1"]
    assert texts(("hard", "soft")) == ["hard", "soft"]
    assert texts(np.geomspace(0.01, 1, 3), form=".0e") == ["1e-02", "1e-01", "1e+00"]


def test_positions_on_a_log_scale_are_clean_enough_to_be_named():
    slider = Slider("T", "T", np.geomspace(0.1, 10, 21), 1)
    assert slider.stops[10] == (1.0,)


def test_a_handle_stops_where_it_is_allowed_and_knows_where_that_is():
    figure = Plane()
    (control,) = figure.spec["controls"]
    assert [tuple(stop.values()) for stop in control["stops"]] == figure.controls[0].stops
    assert {(0.5, 0.5), (1.0, 0.0)} <= set(figure.controls[0].stops)
    assert (1.0, 0.5) not in figure.controls[0].stops
    corner = control["places"][figure.controls[0].stops.index((0.0, 1.0))]
    frame = figure.axes.get_window_extent()
    assert corner == pytest.approx([10 * frame.x0, 10 * (figure.spec["height"] - frame.y1)], abs=1)


def test_a_cell_to_press_has_one_value_and_a_size_in_tenths_of_a_pixel():
    figure = Plane()
    cell = Handle(("row",), "row", (range(3),), (1,), place=lambda row: (0, row / 2), box=(1, 0.5))
    frame, spec = figure.axes.get_window_extent(), cell.spec(figure.figure)
    assert cell.stops == [(0,), (1,), (2,)] and len(spec["places"]) == 3
    assert spec["box"] == pytest.approx([10 * frame.width, 5 * frame.height], abs=1)
    assert figure.controls[0].spec(figure.figure)["box"] == [0, 0]


def test_a_handle_that_cannot_be_is_refused():
    with pytest.raises(ValueError, match="as many names as sequences of positions"):
        Handle(("x", "y"), "point", (span(0, 1, 1),), (0,))
    with pytest.raises(ValueError, match=re.escape("x, y: no position 0.2, 0; what fits is 0.0, 0.0 or 1.0, 0.0")):
        Handle(("x", "y"), "point", (span(0, 1, 1), span(0, 1, 1)), (0.2, 0))


# ---- Questions and answers


def test_the_example_in_the_docstring_is_a_whole_figure():
    source = textwrap.dedent(re.search(r"\n\n(    class .*?)\n\n(?=\S)", live.__doc__, re.DOTALL)[1])
    assert len([line for line in source.splitlines() if line.strip()]) <= 13
    names = vars(live) | vars(style) | {"sigmoid": lambda z: 1 / (1 + np.exp(-z))}
    exec(source, names)
    figure = names["SigmoidFigure"](z=-3)
    assert figure.spec["first"]["twin"] == "At z = -3.0 the sigmoid is 0.047."
    first, second = ask(figure, {"z": -3}, {"z": 8})["pictures"]
    assert first == figure.spec["first"]
    assert box(first["shapes"][0])[0] < box(second["shapes"][0])[0]


def test_a_live_question_gets_the_picture_and_the_sentence_of_its_state():
    reply = ask(Dot(), {"a": 5, "mark": "square"})
    (picture,) = reply["pictures"]
    assert reply["ticket"] == "t"
    assert picture["twin"] == "The dot is square and at 5."
    assert [shape["fill"] for shape in picture["shapes"]] == [f"{style.BLUE}ff"]


def test_a_sweep_is_answered_in_the_order_of_the_question_with_what_live_questions_would_get():
    figure, states = Dot(), [{"a": a, "mark": "round"} for a in (2, 3, 1, 4, 0, 5)]
    pictures = ask(figure, *states)["pictures"]
    assert len(pictures) == 6
    assert pictures == [ask(figure, state)["pictures"][0] for state in reversed(states)][::-1]


def test_a_sweep_stops_when_its_slice_of_time_is_over_but_never_with_nothing(monkeypatch):
    monkeypatch.setattr(live, "SLICE", 0)
    assert len(ask(Dot(), *({"a": a} for a in range(6)))["pictures"]) == 1


def test_answers_depend_on_the_message_alone():
    figure = Dot()
    before = ask(figure, {"a": 1})
    ask(figure, {"a": 9}, {"a": 4, "mark": "square"})
    assert ask(figure, {"a": 1}) == before == ask(Dot(), {"a": 1})


def test_messages_are_strict_json():
    figure = Dot()
    for message in (figure.spec, ask(figure, {"a": 1}, {"a": 9}), Plane().spec):
        assert json.loads(json.dumps(message, allow_nan=False)) == json.loads(json.dumps(message))


def test_every_control_tells_the_browser_its_stops_texts_and_start():
    place, mark = Dot(a=3).spec["controls"]
    assert [control["name"] for control in (place, mark)] == ["a", "mark"]
    assert place["stops"][place["start"]] == {"a": 3.0}
    assert mark["stops"] == [{"mark": "round"}, {"mark": "square"}]
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


def test_keywords_set_where_the_controls_start():
    assert Dot(a=4, mark="square").spec["first"]["twin"] == "The dot is square and at 4."


@pytest.mark.parametrize(
    ("start", "words"),
    [
        ({"b": 1}, "no control is called b; there are a, mark"),
        ({"a": 2.5}, "a: no position 2.5; what fits is 2.0 or 3.0"),
        ({"mark": "oval"}, "mark: no position 'oval'; what fits is 'round' or 'square'"),
    ],
)
def test_names_and_positions_that_do_not_exist_are_refused(start, words):
    with pytest.raises(ValueError, match=words):
        Dot(**start)
    with pytest.raises(ValueError, match=words):
        ask(Dot(), start)


def test_two_controls_of_one_name_are_refused():
    class Twice(Dot):
        controls = (Dot.controls[0], Dot.controls[0])

    with pytest.raises(ValueError, match="Twice: two controls share a name"):
        Twice()


# ---- The reader's function


@pytest.mark.parametrize(
    ("trouble", "sentence"),
    [
        (ValueError("too far"), "This picture could not be drawn: ValueError: too far."),
        (Stopped("KeyError: 'k'"), "Your function stopped: KeyError: 'k'."),
        (RecursionError("deep"), "This picture could not be drawn: RecursionError: deep."),
    ],
)
def test_an_exception_leaves_the_last_picture_says_so_and_does_not_last(trouble, sentence):
    figure = Dot()
    figure.trouble = trouble
    good, bad, again = ask(figure, {"a": 3}, {"a": 8}, {"a": 3})["pictures"]
    assert bad == {"shapes": None, "twin": sentence}
    assert good == again


def test_a_figure_that_fails_at_its_start_can_still_be_shown():
    figure = Dot(a=9)
    data, _ = figure._repr_mimebundle_()
    assert data["text/plain"] == "Figure: A dot. This picture could not be drawn: ValueError: too far."
    assert data["image/png"]


def test_prints_and_warnings_of_the_reader_are_kept_quiet(capsys, recwarn):
    figure = Dot()
    ask(figure, {"a": 3})
    figure._repr_mimebundle_()
    assert capsys.readouterr() == ("", "")
    assert {warning.category for warning in recwarn} <= {ResourceWarning}  # the garbage collector may warn at any time


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


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (lambda x: 1 / 0, "ZeroDivisionError: division by zero"),
        (lambda x: None, "it returned None"),
        (lambda x: "many", "it returned str, not numbers"),
        (lambda x: x[:2], r"it returned shape \(2,\), not \(3,\)"),
        (lambda x: [[1], [1, 2]], "it returned list, not numbers"),
        (lambda: 1, "TypeError: .*takes 0 positional arguments"),
    ],
)
def test_yours_says_in_plain_words_why_there_is_no_answer(function, words):
    with pytest.raises(Stopped, match=words):
        yours(function, np.arange(3), shape=(3,))


# ---- What is saved


def test_a_saved_notebook_keeps_a_picture_and_one_sentence():
    data, metadata = Dot()._repr_mimebundle_()
    assert data.keys() == {"application/vnd.jupyter.widget-view+json", "image/png", "text/plain"}
    assert data["text/plain"] == "Figure: A dot. The dot is round and at 2."
    assert metadata["image/png"] == {"width": 384, "height": 192, "alt": data["text/plain"]}
    png = b64decode(data["image/png"])
    assert png.startswith(b"\x89PNG")
    assert plt.imread(io.BytesIO(png)).shape[:2] == (2 * 192, 2 * 384)
    assert b"Software" not in png and b"tEXt" not in png


def test_the_saved_picture_is_the_same_at_every_run_and_shows_the_start():
    first, second, elsewhere = Dot(), Dot(), Dot(a=5)
    before = first.png()
    ask(first, {"a": 5, "mark": "square"})
    assert first.png() == before == second.png() != elsewhere.png()
    assert first._repr_mimebundle_()[0]["text/plain"] == second._repr_mimebundle_()[0]["text/plain"]


def test_the_saved_picture_stands_on_opaque_white_and_holds_what_moves():
    pixels = plt.imread(io.BytesIO(Dot().png()))
    assert pixels[0, 0].tolist() == [1, 1, 1, 1]
    blue = np.array([int(style.BLUE[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    assert (np.abs(pixels[..., :3] - blue).max(axis=-1) < 0.02).any()


def test_the_readers_own_settings_change_nothing_and_are_left_alone():
    expected = Dot().png(), Dot().spec
    with plt.style.context(["dark_background", {"font.size": 20, "axes.grid": True, "path.simplify": False}]):
        before = dict(plt.rcParams)
        figure = Dot()
        assert figure.png() == expected[0]
        assert figure.spec == expected[1]
        assert ask(figure, {"a": 2})["pictures"][0] == expected[1]["first"]
        assert dict(plt.rcParams) == before


def test_figures_are_no_business_of_pyplot():
    before = plt.get_fignums()
    Dot()._repr_mimebundle_()
    assert plt.get_fignums() == before


# ---- Look


def luminance(colour):
    rgb = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4) @ [0.2126, 0.7152, 0.0722]


@pytest.mark.parametrize("name", ["BLUE", "ORANGE", "TEAL", "PURPLE", "OCHRE"])
def test_every_colour_is_legible_on_white_and_on_a_dark_ground(name):
    colour = luminance(getattr(style, name))
    assert 1.05 / (colour + 0.05) >= 3
    assert (colour + 0.05) / (luminance("#111111") + 0.05) >= 3


def test_roles_differ_by_hatch_as_well_as_by_colour():
    roles = (style.REFERENCE, style.YOURS, style.NAIVE)
    assert len({role.get("hatch") for role in roles}) == len({role["facecolor"] for role in roles}) == 3
    assert style.signed(-1) == style.NEGATIVE and style.signed(0) == style.signed(1) == style.POSITIVE
    assert style.NEGATIVE["hatch"] and not style.POSITIVE["hatch"]


@pytest.mark.parametrize(
    ("value", "form", "text"),
    [
        (-0.345, ".2f", "−0.34"),
        (0.5, "+.1f", "+0.5"),
        (-0.001, "+.2f", "0.00"),
        (0, "+.1f", "0.0"),
        (np.nan, ".2f", "nan"),
        (np.inf, ".2f", "∞"),
        (-np.inf, "+.2f", "−∞"),
    ],
)
def test_numbers_are_written_with_a_real_minus_and_zero_without_a_sign(value, form, text):
    assert style.number(value, form) == text


def test_the_javascript_is_short_and_knows_no_figure_and_no_host():
    assert len(JS.splitlines()) < 400
    assert max(map(len, JS.splitlines())) <= 120
    figures = {
        name
        for path in File(live.__file__).parent.glob("*.py")
        for name in re.findall(r"class (\w+)\(LiveF", path.read_text())
    }
    assert figures
    assert not [name for name in figures if name in JS]
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


def test_names_stand_in_a_list_and_numbers_on_a_slider():
    place, mark = Dot().spec["controls"]
    assert mark["named"] and "named" not in place

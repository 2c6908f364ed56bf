"""What every live figure keeps to, whatever it shows. A figure that notebooks cannot import fails the first test."""

import io
import json
import re
from base64 import b64decode
from collections import ChainMap
from functools import cache
from importlib import import_module
from itertools import combinations, product
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb, to_rgba
from matplotlib.lines import Line2D
from matplotlib.text import Text

import utils
from tests import oracles
from tests.figures import CLAUSE, FIGURES, agree, at, figure, moved, states, table, twin
from tests.pages import rows
from utils import reference
from utils.figures import style
from utils.figures.live import LiveFigure
from utils.figures.page import WIDGET_VIEW

# A right function that a reader might write for a figure, the shapes of what it is called with, and what is said of it.
RIGHT = {
    name: [eval(text.strip("`"), vars(reference) | {"np": np}) for text in written[:2]] + written[2:]
    for name, *written in rows("What a reader might write for a figure", "figures.md")
}
# Nothing that the first state of this figure tells depends on the biases.
SILENT = {("test_data_figure", "biases")}

every = pytest.mark.parametrize("name", FIGURES)


def raises(*arguments):
    raise RuntimeError("no idea")


@cache
def laid_out(name, narrow):
    if not narrow:
        return figure(name)
    other = FIGURES[name]()
    other._receive(other, {"narrow": True}, [])
    return other


def test_every_figure_of_the_workbook_is_tried_here():
    for path in Path(utils.__file__).parent.glob("[fp]*s/*.py"):
        module = import_module(f"utils.{path.parent.name}.{path.stem}")
        kinds = [kind for kind in vars(module).values() if isinstance(kind, type) and issubclass(kind, LiveFigure)]
        assert set(kinds) <= {kind for name in FIGURES for kind in type(figure(name)).__mro__}


@pytest.mark.parametrize("made", [*FIGURES, *(f"{name} of a function that stops" for name in RIGHT)])
def test_every_control_changes_the_picture_and_the_sentence(made):
    name = made.split()[0]
    made = figure(name) if made == name else figure(name, raises)
    start = made.picture({})
    json.dumps(made.spec, allow_nan=False)
    for control, state in moved(made):
        there = made.picture(made.state(**state))
        assert there["shapes"], there["twin"]
        json.dumps(there, allow_nan=False)
        assert "nan" not in there["twin"] or name == "logits_figure"  # whose naive formula gives it
        if (name, control) not in SILENT:
            assert there["shapes"] != start["shapes"] and there["twin"] != start["twin"], state


@pytest.mark.parametrize("name", RIGHT)
def test_a_right_function_is_called_with_copies_of_rows_and_gives_the_same(name, capsys, recwarn):
    (function, shapes, said), make, alone = RIGHT[name], getattr(utils, name), twin(figure(name))
    called = set()

    def spoils_and_prints(*arguments):
        called.add(tuple(np.shape(argument) for argument in arguments))
        result = function(*(np.copy(argument) for argument in arguments))
        for argument in arguments:
            argument[...] = np.log(np.zeros(1))
            print("here")
        return result

    assert twin(make(spoils_and_prints)) == f"{alone[:-1]}; your function {said}."
    assert make(figure(name).right).function is None, "the reference itself is nobody's own function"
    assert called == shapes
    assert capsys.readouterr() == ("", "") and not [w for w in recwarn if w.category is RuntimeWarning]


@every
def test_the_picture_and_the_sentence_hold_what_the_figures_oracle_says(name):
    for shown, state in states(name):
        agree(getattr(oracles, name), shown, state)


def written(figure):
    """All that stands in a picture."""
    return " ".join(" ".join(text.get_text() for text in figure.figure.findobj(Text) if text.get_visible()).split())


@pytest.mark.parametrize(("name", "row"), [(name, row) for name in FIGURES for row in table(name)])
def test_a_figure_says_what_its_row_on_the_page_holds(name, row):
    function, state, says, picture = row
    mine, said = at(figure(name, function), **state)
    assert re.fullmatch(".*".join(map(re.escape, says.split("…"))), said), said
    there = written(mine)
    pieces = [piece for piece in picture.split("; ") if not piece.endswith(" ≠")]
    assert not [piece for piece in pieces if piece not in there], there
    if function:
        number = r"[+−]?[\d.]+|nan|∞"
        assert set(re.findall(number, CLAUSE.search(said)[0])) <= set(re.findall(number, there))
        assert twin(figure(name), **state) == CLAUSE.sub("", said)
        marks = re.search(r"(\d+) ≠", picture)
        assert there.count("≠") - written(figure(name)).count("≠") == (int(marks[1]) if marks else 0)


@pytest.mark.parametrize("name", RIGHT)
def test_a_function_that_stops_is_told_and_the_reference_goes_on(name):
    mine, said = at(figure(name, raises))
    assert said == f"{twin(figure(name))[:-1]}; your function stopped: RuntimeError: no idea."
    assert "stopped" in written(mine) and written(mine).count("≠") == written(figure(name)).count("≠")


@every
@pytest.mark.parametrize("narrow", [False, True], ids=["wide", "narrow"])
def test_no_word_stands_on_another_and_none_leaves_the_page(name, narrow):
    made = laid_out(name, narrow)
    assert made.figure.bbox.width < (450 if narrow else 830)
    page = FigureCanvasAgg(made.figure).get_renderer()
    with style.style():
        for i in (None, 0, -1):  # all controls at their start, at their first and at their last position
            state = {} if i is None else dict(ChainMap(*(control.stops[i] for control in made.controls)))
            at(made, **state)
            texts = list(stand_alone(made.figure))
            boxes = [text.get_window_extent(page).shrunk(0.94, 0.6) for text in texts]
            for text, box in zip(texts, boxes, strict=True):
                assert 0 <= box.x0 < box.x1 <= made.figure.bbox.width, (text.get_text(), state)
                assert 0 <= box.y0 < box.y1 <= made.figure.bbox.height, (text.get_text(), state)
            for (one, a), (other, b) in combinations(zip(texts, boxes, strict=True), 2):
                assert not a.overlaps(b), (one.get_text(), other.get_text(), state)


@pytest.mark.parametrize("narrow", [False, True], ids=["wide", "narrow"])
@pytest.mark.parametrize("name", ["saturation_figure", "training", "v_curve_figure"])
def test_no_curve_runs_through_a_word(name, narrow):
    made = laid_out(name, narrow)
    page = FigureCanvasAgg(made.figure).get_renderer()
    for state in product(*(control.stops[:: max(1, len(control.stops) - 1)] for control in made.controls)):
        at(made, **dict(ChainMap(*state)))
        boxes = {text.get_text(): text.get_window_extent(page) for text in stand_alone(made.figure)}
        for line in made.figure.findobj(lambda artist: isinstance(artist, Line2D) and len(artist.get_xdata()) > 40):
            points = line.get_transform().transform(line.get_path().interpolated(9).vertices)
            points = points[line.axes.patch.contains_points(points)]
            assert not [word for word, box in boxes.items() if box.count_contains(points)], state


def stand_alone(figure):
    """The texts that are seen, are no tick's, and do not go on with another one's line."""
    unseen = {label for axes in figure.axes for axis in (axes.xaxis, axes.yaxis) for label in axis.get_ticklabels()}
    for axes in figure.axes:
        unseen |= set() if axes.axison else {axes.xaxis.label, axes.yaxis.label}
    for text in set(figure.findobj(Text)) - unseen:
        if text.get_visible() and text.get_text().strip() and not text.get_text().startswith("  "):
            yield text


STANDS_ON = {
    "jacobian_figure": lambda figure: figure.frames[0],
    "push_figure": lambda figure: figure.x,
    "simplex_compass": lambda figure: figure.y_hat,
    "test_data_figure": lambda figure: figure.frame,
}


@pytest.mark.parametrize("narrow", [False, True], ids=["wide", "narrow"])
@pytest.mark.parametrize("name", STANDS_ON)
def test_a_handle_stands_on_what_it_moves(name, narrow):
    made = laid_out(name, narrow)
    *_, handle = made.controls
    places, size = handle.spec(made.figure)["places"], handle.spec(made.figure)["box"]
    for stop, (x, y) in list(zip(handle.stops, places, strict=True))[:: max(1, len(places) // 9)]:
        at(made, **stop)
        box = STANDS_ON[name](made).get_window_extent()
        middle = (box.x0 + box.x1) / 2, made.figure.bbox.height - (box.y0 + box.y1) / 2
        assert [x / 10, y / 10] == pytest.approx(middle, abs=0.6)
        if any(size):  # all of a cell is pressed
            assert [side / 10 for side in size] == pytest.approx(box.size, abs=4)


@every
def test_the_saved_notebook_keeps_the_sentence_and_the_picture_of_the_start_which_are_the_same_at_every_run(name):
    before = plt.get_fignums()
    start = {} if name == "training" else next(moved(figure(name)))[1]
    (one, about), (other, _) = (FIGURES[name](**start)._repr_mimebundle_() for _ in range(2))
    assert plt.get_fignums() == before, "figures are no business of pyplot"
    assert one.keys() == {WIDGET_VIEW, "image/png", "text/plain"}
    assert one["text/plain"] == f"Figure: {figure(name).title}. {twin(figure(name), **start)}"
    assert len(one["image/png"]) > 10_000 and one["image/png"] == other["image/png"]
    assert name == "training" or one["image/png"] != FIGURES[name]()._repr_mimebundle_()[0]["image/png"], "what moves"
    width, height = figure(name).spec["width"], figure(name).spec["height"]
    assert about["image/png"] == {"width": width, "height": height, "alt": one["text/plain"]}
    png = b64decode(one["image/png"])
    assert b"Software" not in png and b"tEXt" not in png
    pixels = plt.imread(io.BytesIO(png))
    assert pixels.shape[:2] == (2 * height, 2 * width) and pixels[0, 0].tolist() == [1, 1, 1, 1], "opaque white"


# ---- Legible on a light and on a dark page: 4.5 to 1 for words, 3 to 1 for what is drawn

THEMES = {  # the paper, and the ink over it: JupyterLab's, and the system's where it forces its own colours on pages
    "light": ("#ffffff", 0.0, 0.87),
    "dark": ("#111111", 1.0, 0.87),
    "forced light": ("#ffffff", 0.0, 1),
    "forced dark": ("#000000", 1.0, 1),
}
PALETTE = (style.BLUE, style.ORANGE, style.TEAL, style.PURPLE, style.OCHRE)


def over(paper, colour, alpha):
    return alpha * np.array(to_rgb(colour)) + (1 - alpha) * np.array(to_rgb(paper))


def contrast(one, other):
    """By the rules of WCAG."""

    def luminance(colour):
        channels = np.array(to_rgb(colour))
        linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
        return linear @ (0.2126, 0.7152, 0.0722)

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@every
def test_every_word_is_at_least_11_points_large_and_legible_on_either_theme(name):
    looks = {(t.get_fontsize(), t.get_color(), t.get_alpha()) for t in figure(name).figure.findobj(Text)}
    for (size, colour, alpha), (paper, grey, strength) in product(looks, THEMES.values()):
        assert size >= 11
        *rgb, alpha = to_rgba(colour, alpha)
        if colour == style.ON_COLOUR:
            assert min(contrast(rgb, bar) for bar in PALETTE) >= 4.5
            continue
        assert colour != style.PAPER
        ink = over(paper, [grey] * 3, strength)
        drawn = ink if colour == style.INK else over(ink, rgb, 0.7)  # as live.js draws words
        assert contrast(over(paper, drawn, alpha), paper) >= 4.5, colour


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("colour", PALETTE)
def test_what_is_drawn_in_a_colour_is_seen_and_a_number_on_its_shade_is_legible(colour, theme):
    paper, grey, strength = THEMES[theme]
    shade = over(paper, colour, style.SHADE)
    assert contrast(colour, paper) >= 3 and contrast(over(shade, [grey] * 3, strength), shade) >= 4.5
    assert contrast(colour, "white") >= 4.5, "a picture in a saved notebook is drawn as it is"

"""What every live figure keeps to, whatever it shows. A figure that is missing in the table fails the first test."""

import json
from functools import cache
from importlib import import_module
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb, to_rgba
from matplotlib.text import Text

import utils
from tests.figures import at, raises, twin
from utils.exercises import get
from utils.figures import style
from utils.figures.data import digits
from utils.figures.live import LiveFigure
from utils.figures.training import TrainingFigure
from utils.reference import input_gradient, sigmoid, softmax

# A right derivation, for the scrubber to step through.
RIGHT_SAME = get("2a_3.same_index").accepts[0]


def digit():
    images, labels = digits()
    shapes = (64, 5), 5, (5, 10), 10
    return utils.digit_figure(images[:20], labels[:20], *map(np.random.default_rng(0).standard_normal, shapes))


FIGURES = {
    "derivation_scrubber": lambda: utils.derivation_scrubber("2a_3.same_index", RIGHT_SAME),
    "digit_figure": digit,
    "gradient_figure": utils.gradient_figure,
    "hadamard_figure": utils.hadamard_figure,
    "jacobian_figure": utils.jacobian_figure,
    "logits_figure": utils.logits_figure,
    "push_figure": utils.push_figure,
    "saturation_figure": utils.saturation_figure,
    "scores_figure": utils.scores_figure,
    "shape_train": utils.shape_train,
    "simplex_compass": utils.simplex_compass,
    "surprise_figure": utils.surprise_figure,
    "test_data_figure": utils.test_data_figure,
    "training": lambda: TrainingFigure(3, [(2.1, 2.2, 0.3), (1.1, 1.25, 0.62), (0.5, 0.75, 0.871)]),
    "v_curve_figure": utils.v_curve_figure,
}
# A function that a reader might write for a figure, and the shapes of what it is called with.
RIGHT = {
    "gradient_figure": (lambda theta, y: (softmax(theta) - y) / len(theta), {((1, 4), (1, 4))}),
    "jacobian_figure": (lambda theta: np.diag(softmax(theta)) - np.outer(softmax(theta), softmax(theta)), {((4,),)}),
    "logits_figure": (lambda theta: softmax(theta), {((4,),)}),
    "push_figure": (
        lambda x, y, *network: input_gradient(x, y, *network) / len(x),
        {((1, 2), (1, 3), (2, 5), (5,), (5, 3), (3,))},
    ),
    "saturation_figure": (lambda z: sigmoid(z) * (1 - sigmoid(z)), {((81, 6),), ((401,),)}),
    "surprise_figure": (lambda y, y_hat: -np.mean(np.sum(y * np.log(y_hat), axis=1)), {((1, 3), (1, 3))}),
}
SAME = {"surprise_figure": "gives 1.20"}  # the others: that it gives the same
WITH_A_FUNCTION_THAT_STOPS = {name: lambda make=FIGURES[name]: make(raises) for name in RIGHT}
# Nothing that the first state of this figure tells depends on the biases.
SILENT = {("test_data_figure", "biases")}

every = pytest.mark.parametrize("name", FIGURES)
figure = cache(lambda name: FIGURES[name]())


def test_every_figure_of_the_workbook_is_in_the_table():
    for path in Path(utils.__file__).parent.glob("[fp]*s/*.py"):
        module = import_module(f"utils.{path.parent.name}.{path.stem}")
        kinds = [kind for kind in vars(module).values() if isinstance(kind, type) and issubclass(kind, LiveFigure)]
        assert set(kinds) <= {kind for name in FIGURES for kind in type(figure(name)).__mro__}


def moved(figure):
    """Each control, and the states at its ends and a little beside where it starts."""
    for control in figure.controls:
        here, last = control.index(control.home), len(control.stops) - 1
        for i in {0, max(here - 3, 0), min(here + 3, last), last} - {here}:
            yield control.names[0], figure.state(**dict(zip(control.names, control.stops[i], strict=True)))


@pytest.mark.parametrize(
    ("name", "made"),
    [*FIGURES.items(), *WITH_A_FUNCTION_THAT_STOPS.items()],
    ids=lambda case: getattr(case, "id", None),
)
def test_every_control_changes_the_picture_and_the_sentence(name, made):
    made = figure(name) if made is FIGURES[name] else made()
    start = made.picture(made.state())
    for control, state in moved(made):
        there = made.picture(state)
        assert there["shapes"], there["twin"]
        json.dumps(there, allow_nan=False)
        assert "nan" not in there["twin"] or name == "logits_figure"  # whose naive formula gives it
        if (name, control) not in SILENT:
            assert there["shapes"] != start["shapes"] and there["twin"] != start["twin"], state


@pytest.mark.parametrize("name", RIGHT)
def test_a_right_function_is_called_with_copies_of_rows_and_gives_the_same(name, capsys, recwarn):
    (function, shapes), make, alone = RIGHT[name], getattr(utils, name), twin(figure(name))
    called = set()

    def spoils_and_prints(*arguments):
        called.add(tuple(np.shape(argument) for argument in arguments))
        result = function(*(np.copy(argument) for argument in arguments))
        for argument in arguments:
            argument[...] = np.log(np.zeros(1))
            print("here")
        return result

    assert twin(make(spoils_and_prints)) == f"{alone[:-1]}; your function {SAME.get(name, 'gives the same')}."
    assert twin(make(figure(name).right)) == alone, "the reference itself is nobody's own function"
    assert called == shapes
    assert capsys.readouterr() == ("", "") and not [w for w in recwarn if w.category is RuntimeWarning]


@pytest.mark.parametrize("name", RIGHT)
@pytest.mark.parametrize(
    ("function", "told"),
    [
        (raises, "RuntimeError: no idea"),
        (lambda *arguments: None, "it returned None"),
        (lambda *arguments: np.zeros(7), "it returned shape (7,), not "),
        (lambda *arguments: "J", "it returned str, not numbers"),
    ],
)
def test_a_function_that_stops_is_told_and_the_reference_goes_on(name, function, told):
    mine = getattr(utils, name)(function)
    assert twin(mine).startswith(f"{twin(figure(name))[:-1]}; your function stopped: {told}")
    words, alone = (" ".join(text.get_text() for text in each.figure.findobj(Text)) for each in (mine, figure(name)))
    assert "stopped" in words and words.count("≠") == alone.count("≠")


@every
@pytest.mark.parametrize("narrow", [False, True], ids=["wide", "narrow"])
def test_no_word_stands_on_another_and_none_leaves_the_page(name, narrow):
    made = FIGURES[name]()
    made._laid_out(narrow)
    assert made.figure.bbox.width < (450 if narrow else 830)
    page = FigureCanvasAgg(made.figure).get_renderer()
    with style.style():
        for state in (made.state(), *ends(made)):
            twin(made, **state)
            texts = [text for text in made.figure.findobj(Text) if text.get_text().strip() and stands_alone(text)]
            boxes = [text.get_window_extent(page).shrunk(0.94, 0.6) for text in texts]
            for text, box in zip(texts, boxes, strict=True):
                assert 0 <= box.x0 < box.x1 <= made.figure.bbox.width, (text.get_text(), state)
                assert 0 <= box.y0 < box.y1 <= made.figure.bbox.height, (text.get_text(), state)
            for (one, a), (other, b) in combinations(zip(texts, boxes, strict=True), 2):
                assert not a.overlaps(b), (one.get_text(), other.get_text(), state)


def ends(figure):
    """All controls at their first, and all at their last position."""
    for i in (0, -1):
        yield {
            name: value
            for control in figure.controls
            for name, value in zip(control.names, control.stops[i], strict=True)
        }


def stands_alone(text):
    """Whether a text is seen, is no tick's, and does not go on with another one's line."""
    ticks = [label for axes in text.figure.axes for axis in (axes.xaxis, axes.yaxis) for label in axis.get_ticklabels()]
    off = text.axes is not None and not text.axes.axison and text not in text.axes.texts
    return text.get_visible() and not off and text not in ticks and not text.get_text().startswith("  ")


STANDS_ON = {
    "jacobian_figure": lambda figure: figure.frames[0],
    "push_figure": lambda figure: figure.x,
    "simplex_compass": lambda figure: figure.y_hat,
    "test_data_figure": lambda figure: figure.frame,
}


@pytest.mark.parametrize("narrow", [False, True], ids=["wide", "narrow"])
@pytest.mark.parametrize("name", STANDS_ON)
def test_a_handle_stands_on_what_it_moves(name, narrow):
    made = FIGURES[name]()
    made._laid_out(narrow)
    *_, handle = made.controls
    places = handle.spec(made.figure)["places"]
    for stop, (x, y) in list(zip(handle.stops, places, strict=True))[:: max(1, len(places) // 30)]:
        box = STANDS_ON[name](at(made, **dict(zip(handle.names, stop, strict=True)))).get_window_extent()
        middle = (box.x0 + box.x1) / 2, made.figure.bbox.height - (box.y0 + box.y1) / 2
        assert [x / 10, y / 10] == pytest.approx(middle, abs=0.6)


@every
def test_the_saved_notebook_keeps_the_sentence_and_a_picture_that_is_the_same_at_every_run(name):
    made, again = figure(name), FIGURES[name]()
    data, _ = made._repr_mimebundle_()
    assert data["text/plain"] == f"Figure: {made.title}. {made.picture(made.state())['twin']}"
    assert len(data["image/png"]) > 10_000
    assert again._repr_mimebundle_()[0]["image/png"] == data["image/png"]


@every
def test_no_text_is_smaller_than_11_points(name):
    assert min(text.get_fontsize() for text in figure(name).figure.findobj(Text)) >= 11


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
        return np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4) @ (
            0.2126,
            0.7152,
            0.0722,
        )

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", THEMES)
@every
def test_every_word_is_legible_on_either_theme(name, theme):
    paper, grey, strength = THEMES[theme]
    ink = over(paper, [grey] * 3, strength)
    for text in figure(name).figure.findobj(Text):
        *colour, alpha = to_rgba(text.get_color(), text.get_alpha())
        if text.get_color() == style.ON_COLOUR:
            assert min(contrast(colour, bar) for bar in PALETTE) >= 4.5
            continue
        assert text.get_color() != style.PAPER, text
        drawn = ink if text.get_color() == style.INK else over(ink, colour, 0.7)  # as live.js draws words
        assert contrast(over(paper, drawn, alpha), paper) >= 4.5, text


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("colour", PALETTE)
def test_what_is_drawn_in_a_colour_is_seen_and_a_number_on_its_shade_is_legible(colour, theme):
    paper, grey, strength = THEMES[theme]
    shade = over(paper, colour, style.SHADE)
    assert contrast(colour, paper) >= 3 and contrast(over(shade, [grey] * 3, strength), shade) >= 4.5
    assert contrast(colour, "white") >= 4.5, "a picture in a saved notebook is drawn as it is"


@pytest.mark.parametrize("name", [name for name in FIGURES if name not in ("digit_figure", "training")])
def test_a_start_is_where_the_figure_starts(name):
    control = figure(name).controls[0]
    there = dict(zip(control.names, control.stops[-1], strict=True))
    if name == "derivation_scrubber":
        started = utils.derivation_scrubber("2a_3.same_index", RIGHT_SAME, **there)
    else:
        started = getattr(utils, name)(**there)
    assert started.picture(started.state())["twin"] == figure(name).picture(figure(name).state(**there))["twin"]

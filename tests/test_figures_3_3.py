"""The figures of chapter 3_3: the training curve, and the digit that is pushed."""

import itertools
from functools import lru_cache
from types import SimpleNamespace

import numpy as np
import pytest
from IPython.core.interactiveshell import InteractiveShell

from tests.figures import twin
from utils import digit_figure, training_curve
from utils.figures import training
from utils.figures.data import digits
from utils.figures.page import WIDGET_VIEW
from utils.figures.style import number
from utils.figures.training import TrainingFigure
from utils.reference import forward, input_gradient, loss, one_hot, parameter_gradients

ROWS = [(2.1, 2.2, 0.3), (1.1, 1.25, 0.62), (0.5, 0.75, 0.871)]


# ---- The training curve


class Page:
    """Stands in for the notebook: keeps what is displayed, as it is updated."""

    def __init__(self):
        self.outputs = []

    def display(self, bundle, raw=False, metadata=None, display_id=None):
        assert raw
        output = dict(bundle)
        self.outputs.append(output)
        return SimpleNamespace(update=lambda new, raw, metadata: (output.clear(), output.update(new)))

    def texts(self):
        return [bundle["text/plain"] for bundle in self.outputs]


@pytest.fixture
def page(monkeypatch):
    page = Page()
    monkeypatch.setattr("utils.figures.page.display", page.display)
    return page


@pytest.fixture
def grown(monkeypatch):
    """What the growing figure says, each time that it is drawn anew."""
    said = []

    def renewed(figure, renew=TrainingFigure.renew):
        renew(figure)
        said.append(figure.spec["first"]["twin"])

    monkeypatch.setattr(TrainingFigure, "renew", renewed)
    return said


def test_it_counts_the_epochs_and_keeps_what_is_added(page):
    curve = training_curve(3)
    seen = []
    for epoch in curve:
        seen.append(epoch)
        curve.add(*ROWS[epoch])
    assert seen == [0, 1, 2]
    assert curve.rows == ROWS


def test_the_saved_notebook_keeps_the_last_picture_and_a_sentence_that_is_the_same_at_every_run(page):
    for _ in range(2):
        curve = training_curve(3)
        for epoch in curve:
            curve.add(*ROWS[epoch])
    first, second = page.outputs[:2], page.outputs[2:]
    assert [bundle["text/plain"] for bundle in first] == [bundle["text/plain"] for bundle in second]
    assert first[0]["text/plain"] == "Training, 3 epochs."
    assert first[1]["text/plain"] == (
        "Figure: The training. After epoch 3 of 3 J is 0.500 on the training images and 0.750 on the test images, of "
        "which 87.1 % are recognised; after the first epoch J was 2.10."
    )
    assert first[1]["image/png"] == second[1]["image/png"] and len(first[1]["image/png"]) > 10_000


@pytest.mark.parametrize("apart", [True, False])
def test_the_figure_grows_while_it_runs_and_leaves_its_picture(page, grown, monkeypatch, apart):
    for module in ("page", "training"):
        monkeypatch.setattr(f"utils.figures.{module}.outputs_apart", lambda: apart)
    monkeypatch.setattr(training, "PAUSE", 0)
    monkeypatch.setattr(training, "SHARE", 0)
    curve = training_curve(3)
    for epoch in curve:
        if epoch == 0:
            assert page.texts() == ["Training, 3 epochs.", ""] if apart else ["Training, 3 epochs."]
            assert WIDGET_VIEW in page.outputs[-1]
        curve.add(*ROWS[epoch])
    assert grown[:2] == [f"Epochs that are through: {count} of 3." for count in (0, 1)]
    assert [words[:19] for words in grown[2:]] == ["After epoch 2 of 3 ", "After epoch 3 of 3 "]
    picture, figure = page.outputs if apart else page.outputs[1:] * 2
    assert len(page.outputs) == 2 and "image/png" in picture and WIDGET_VIEW in figure


def test_it_is_drawn_a_few_times_a_second_and_not_at_every_epoch(page, grown, monkeypatch):
    clock = itertools.count(step=0.01)
    monkeypatch.setattr(training, "time", SimpleNamespace(monotonic=lambda: next(clock)))
    curve = training_curve(100)
    for _ in curve:
        curve.add(1, 1, 0.5)
    assert 3 <= len(grown) <= 10


def test_an_interrupted_training_leaves_its_curve_and_what_was_learned(page):
    curve, learned = training_curve(60), 0
    with pytest.raises(KeyboardInterrupt):
        for epoch in curve:
            learned = epoch
            curve.add(*ROWS[epoch % 3])
            if epoch == 4:
                raise KeyboardInterrupt
    assert learned == 4 and len(curve.rows) == 5
    assert "After epoch 5 of 60" in page.texts()[-1]


def test_the_stop_button_leaves_a_few_lines_and_what_it_does_elsewhere_stays_as_it_is(page, monkeypatch, capsys):
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


def test_an_error_before_the_first_epoch_is_through_leaves_no_empty_figure(page):
    with pytest.raises(ZeroDivisionError):
        for _ in training_curve(60):
            1 / 0  # noqa: B018
    assert page.texts() == ["Training, 60 epochs."]


def test_iterating_again_starts_afresh(page):
    curve = training_curve(2)
    for _ in range(2):
        for epoch in curve:
            curve.add(*ROWS[epoch])
    assert curve.rows == ROWS[:2]


@pytest.mark.parametrize("epochs", [0, -1, 2.5, "60", None])
def test_a_number_of_epochs_that_is_none_is_refused(epochs):
    with pytest.raises(ValueError, match="epochs should be a whole number above 0, not"):
        training_curve(epochs)


@pytest.mark.parametrize("accuracy", [98.0, -0.1, float("nan")])
def test_a_share_that_is_a_percentage_is_refused(accuracy):
    with pytest.raises(ValueError, match="from 0 to 1"):
        training_curve(3).add(1.0, 1.0, accuracy)


def test_each_epoch_can_be_read_afterwards():
    figure = TrainingFigure(3, ROWS)
    for epoch, (train, test, accuracy) in enumerate(ROWS, 1):
        said = figure.picture(figure.state(epoch=epoch))["twin"]
        assert f"After epoch {epoch} of 3 J is {number(train, '.3f')} on the training images" in said
        assert f"{number(test, '.3f')} on the test images, of which {number(100 * accuracy, '.1f')} %" in said
        assert figure.train.get_xydata().tolist() == [[epoch, train]]
        assert figure.share.get_xydata().tolist() == [[epoch, 100 * accuracy]]


@pytest.mark.parametrize("strange", [np.nan, np.inf, 0.0, 1e30])
def test_a_loss_off_every_scale_is_still_drawn(strange):
    figure = TrainingFigure(3, [(2, 2, 0.1), (strange, 2, 0.1), (2, strange, 0.1)])
    assert figure.picture(figure.state(epoch=2))["shapes"]
    assert TrainingFigure(3, [(strange, 2, 0.1)]).picture({})["shapes"]


# ---- The digit


@lru_cache
def network():
    """A hundred test images, their labels, and a network that was trained for a moment on others."""
    images, labels = digits()
    rng = np.random.default_rng(4)
    parameters = [rng.normal(size=(64, 16)) / 8, np.zeros(16), rng.normal(size=(16, 10)) / 4, np.zeros(10)]
    y = one_hot(labels, 10)
    for _ in range(25):
        for rows in np.array_split(rng.permutation(np.arange(100, 1797)), 80):
            slopes = parameter_gradients(images[rows], y[rows], *parameters)
            parameters = [p - 0.5 * slope for p, slope in zip(parameters, slopes, strict=True)]
    return images[:100], labels[:100], *parameters


def figure(**options):
    return digit_figure(*network(), **options)


def test_the_sentence_says_what_the_network_sees_before_any_push():
    images, labels, *parameters = network()
    made = figure(image=3)
    y_hat = forward(images[3], *parameters).y_hat
    strongest = min(input_gradient(images[3], one_hot(8, 10), *parameters), key=lambda entry: -abs(entry))
    assert labels[3] == 3 == y_hat.argmax()
    assert twin(made) == (
        f"Image 3 is a 3, and the network sees 3 ({number(y_hat[3])}); the entry of dJ/dx for the answer 8 that is "
        f"largest in size is {number(strongest, '+.2g')}; no push yet."
    )


def test_the_sentence_says_what_a_push_did():
    images, _, *parameters = network()
    made, eight = figure(image=3), one_hot(8, 10)
    dx = input_gradient(images[3], eight, *parameters)
    pushed = np.clip(images[3] - 0.2 * np.sign(dx), 0, 1)
    after = forward(pushed, *parameters).y_hat
    said = twin(made, epsilon=0.2)
    assert f"ε = 0.20 changes {np.count_nonzero(pushed != images[3])} of 64 pixels, by 0.20 at most" in said
    before = number(loss(images[3], eight, *parameters))
    assert f"J goes from {before} to {number(loss(pushed, eight, *parameters))}" in said
    assert said.endswith(f"the network sees {after.argmax()} ({number(after.max())}).")


def test_a_growing_push_lowers_the_loss_of_its_target_while_it_is_small():
    made = figure(image=3)
    losses = [made.pushed(made.state(epsilon=epsilon)).J[1] for epsilon in (0, 0.01, 0.02, 0.05)]
    assert losses == sorted(losses, reverse=True)


def test_the_bars_are_the_probabilities_before_and_after():
    images, _, *parameters = network()
    made = figure(image=7, epsilon=0.15, target="2")
    result = made.pushed(made.state()).result
    assert [bar.get_height() for bar in made.before] == pytest.approx(forward(images[7], *parameters).y_hat)
    assert [bar.get_height() for bar in made.after] == pytest.approx(forward(result, *parameters).y_hat)


def test_the_pictures_show_the_image_and_what_the_network_is_given():
    images, *_ = network()
    made = figure(image=5, epsilon=0.3)
    result = made.pushed(made.state()).result
    for place, ink in ((0, images[5]), (3, result)):
        np.testing.assert_allclose(1 - made.pictures[place].get_array()[..., 0].ravel(), ink, atol=1e-12)
    assert result.min() >= 0 and result.max() <= 1


def test_signs_stand_where_the_change_is_and_point_the_way_it_goes():
    images, *_ = network()
    made = figure(image=5, epsilon=0.3)
    change = made.pushed(made.state()).result - images[5]
    for marks, sign in zip(made.signs[2], (1, -1), strict=True):
        columns, rows = marks.get_data()
        assert sorted(8 * rows + columns) == np.flatnonzero(sign * change > 1e-9).tolist()


def test_no_push_changes_nothing():
    made = figure(image=5)
    assert not any(len(marks.get_xdata()) for marks in made.signs[2])
    assert [bar.get_height() for bar in made.before] == [bar.get_height() for bar in made.after]


def test_true_and_target_are_named_at_their_bars():
    made = figure(image=3)
    assert [(text.get_text(), text.get_position()[0]) for text in made.roles] == [("true", 3), ("target", 8)]
    made.picture(made.state(target="3"))
    assert [text.get_text() for text in made.roles] == ["true, target", ""]


def test_a_push_of_the_readers_own_is_used_and_kept_within_the_range_of_ink():
    made = figure(image=3, epsilon=0.1, push=lambda x, dx, epsilon: x + 5)
    np.testing.assert_array_equal(made.pushed(made.state()).result, np.ones(64))
    along = figure(image=3, epsilon=0.1, push=lambda x, dx, epsilon: x - epsilon * dx)
    assert not np.allclose(along.pushed(along.state()).result, figure(image=3).pushed(along.state()).result)


def test_a_push_that_stops_is_told_and_spoils_no_image():
    def spoils(x, dx, epsilon):
        x[:] = 0
        return 1 / 0

    made = figure(image=3, epsilon=0.1, push=spoils)
    assert made.picture(made.state())["twin"] == "Your function stopped: ZeroDivisionError: division by zero."
    assert made.images[3].any()
    wrong = figure(image=3, push=lambda x, dx, epsilon: x[:3])
    assert wrong.picture(wrong.state())["twin"] == "Your function stopped: it returned shape (3,), not (64,)."


def test_the_notebooks_arrays_are_not_the_figures():
    images, labels, *parameters = network()
    mine = images.copy()
    made = digit_figure(mine, labels, *parameters, image=3)
    before = twin(made)
    mine[:] = 0
    assert twin(made) == before

"""The training curve: how it grows, what it leaves, and how a training is stopped."""

import itertools
from types import SimpleNamespace

import numpy as np
import pytest
from IPython.core.interactiveshell import InteractiveShell

from tests.figures import EPOCHS
from utils import training_curve
from utils.figures import training
from utils.figures.page import WIDGET_VIEW
from utils.figures.training import TrainingFigure


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
    clock = itertools.count(step=0.01)
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

"""Gradients by Hand. `reference` is the mathematics, `bank` what is asked and what goes wrong, `judge` reads an answer,
`figures` is what moves, `panels` what answers, `teach` what an instructor runs. Each room may use those before it.

From here notebooks import what they show: the names below, each looked up when first asked for.
"""

from importlib import import_module

# Where each is, and by what name. So `utils.reference` alone needs NumPy alone.
_PLACES = {
    "bug_hunt": "panels.bug_hunt.bug_hunt",
    "derivation_scrubber": "figures.scrubber.Scrubber",
    "digit_figure": "figures.digit.DigitFigure",
    "exercise": "panels.verdict.exercise",
    "fill_in": "panels.questions.fill_in",
    "gradient_figure": "figures.gradient.GradientFigure",
    "hadamard_figure": "figures.hadamard.HadamardFigure",
    "jacobian_figure": "figures.jacobian.JacobianFigure",
    "logits_figure": "figures.logits.LogitsFigure",
    "notation": "panels.derivation.notation",
    "predict": "panels.questions.predict",
    "progress_board": "panels.board.progress_board",
    "push_figure": "figures.push.PushFigure",
    "saturation_figure": "figures.saturation.SaturationFigure",
    "scores_figure": "figures.scores.ScoresFigure",
    "shape_train": "figures.shape_train.ShapeTrain",
    "show_verdict": "panels.verdict.show_verdict",
    "simplex_compass": "figures.simplex.SimplexCompass",
    "spot_the_slip": "panels.spot_the_slip.spot_the_slip",
    "surprise_figure": "figures.surprise.SurpriseFigure",
    "test_data_figure": "figures.test_data.DesignFigure",
    "training_curve": "figures.training.TrainingCurve",
    "v_curve_figure": "figures.v_curve.VCurve",
    "worked_derivation": "panels.derivation.worked_derivation",
}
__all__ = list(_PLACES)


def __getattr__(name):
    if name not in _PLACES:
        raise AttributeError(f"module 'utils' has no {name!r}; it has {', '.join(_PLACES)}")
    module, _, thing = _PLACES[name].rpartition(".")
    return getattr(import_module(f"utils.{module}"), thing)


def __dir__():
    return __all__

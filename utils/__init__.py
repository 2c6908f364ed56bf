"""Gradients by Hand. The mathematics is in `utils.reference`, what students get wrong in the pages of `utils/bank`, how
an answer is judged in `utils.exercises` and `utils.derivation`, and what moves and answers in `utils.widgets`.

From here notebooks import what they show: the names below, each looked up when first asked for.
"""

from importlib import import_module

# So that `utils.reference` alone needs NumPy alone.
_ROOMS = {
    "bug_hunt": "utils.widgets.bug_hunt",
    "derivation_scrubber": "utils.widgets.scrubber",
    "digit_figure": "utils.widgets.digit",
    "exercise": "utils.widgets.verdict",
    "fill_in": "utils.widgets.sheet",
    "gradient_figure": "utils.widgets.gradient",
    "hadamard_figure": "utils.widgets.hadamard",
    "jacobian_figure": "utils.widgets.jacobian",
    "logits_figure": "utils.widgets.logits",
    "notation": "utils.widgets.derivation",
    "predict": "utils.widgets.choice",
    "progress_board": "utils.widgets.board",
    "push_figure": "utils.widgets.push",
    "saturation_figure": "utils.widgets.saturation",
    "scores_figure": "utils.widgets.scores",
    "shape_train": "utils.widgets.shape_train",
    "show_verdict": "utils.widgets.verdict",
    "simplex_compass": "utils.widgets.simplex",
    "spot_the_slip": "utils.widgets.spot_the_slip",
    "surprise_figure": "utils.widgets.surprise",
    "test_data_figure": "utils.widgets.test_data",
    "training_curve": "utils.widgets.training",
    "v_curve_figure": "utils.widgets.v_curve",
    "worked_derivation": "utils.widgets.derivation",
}
__all__ = list(_ROOMS)


def __getattr__(name):
    if name not in _ROOMS:
        raise AttributeError(f"module 'utils' has no {name!r}; it has {', '.join(_ROOMS)}")
    return getattr(import_module(_ROOMS[name]), name)


def __dir__():
    return __all__

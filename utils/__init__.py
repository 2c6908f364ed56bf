"""Gradients by Hand. `reference` is the mathematics, `bank` what is asked and what goes wrong, `judge` reads an answer,
`figures` is what moves, `panels` what answers, `teach` what an instructor runs. Each room may use those before it.

From here notebooks import what they show: the names below, each looked up when first asked for.
"""

from importlib import import_module

# So that `utils.reference` alone needs NumPy alone.
_ROOMS = {
    "bug_hunt": "utils.panels.bug_hunt",
    "derivation_scrubber": "utils.panels.scrubber",
    "digit_figure": "utils.figures.digit",
    "exercise": "utils.panels.verdict",
    "fill_in": "utils.panels.questions",
    "gradient_figure": "utils.figures.gradient",
    "hadamard_figure": "utils.figures.hadamard",
    "jacobian_figure": "utils.figures.jacobian",
    "logits_figure": "utils.figures.logits",
    "notation": "utils.panels.derivation",
    "predict": "utils.panels.questions",
    "progress_board": "utils.panels.board",
    "push_figure": "utils.figures.push",
    "saturation_figure": "utils.figures.saturation",
    "scores_figure": "utils.figures.scores",
    "shape_train": "utils.figures.shape_train",
    "show_verdict": "utils.panels.verdict",
    "simplex_compass": "utils.figures.simplex",
    "spot_the_slip": "utils.panels.spot_the_slip",
    "surprise_figure": "utils.figures.surprise",
    "test_data_figure": "utils.figures.test_data",
    "training_curve": "utils.figures.training",
    "v_curve_figure": "utils.figures.v_curve",
    "worked_derivation": "utils.panels.derivation",
}
__all__ = list(_ROOMS)


def __getattr__(name):
    if name not in _ROOMS:
        raise AttributeError(f"module 'utils' has no {name!r}; it has {', '.join(_ROOMS)}")
    return getattr(import_module(_ROOMS[name]), name)


def __dir__():
    return __all__

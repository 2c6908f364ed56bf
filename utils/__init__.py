"""Gradients by Hand: what the notebooks use. `help(name)` tells more of each."""

from importlib import import_module

# Looked up when first asked for, so that `utils.reference` alone needs NumPy alone.
_ROOMS = {
    "derivation_scrubber": "utils.widgets.scrubber",
    "exercise": "utils.widgets.verdict",
    "gradient_figure": "utils.widgets.gradient",
    "jacobian_figure": "utils.widgets.jacobian",
    "logits_figure": "utils.widgets.logits",
    "notation": "utils.widgets.derivation",
    "predict": "utils.widgets.choice",
    "progress_board": "utils.widgets.board",
    "scores_figure": "utils.widgets.scores",
    "show_verdict": "utils.widgets.verdict",
    "simplex_compass": "utils.widgets.simplex",
    "surprise_figure": "utils.widgets.surprise",
}
__all__ = list(_ROOMS)


def __getattr__(name):
    if name not in _ROOMS:
        raise AttributeError(f"module 'utils' has no {name!r}; it has {', '.join(_ROOMS)}")
    return getattr(import_module(_ROOMS[name]), name)


def __dir__():
    return __all__

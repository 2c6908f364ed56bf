"""Gradients by Hand: what the notebooks use. `help(name)` tells more of each."""

from utils.widgets.board import progress_board
from utils.widgets.choice import predict
from utils.widgets.verdict import exercise, show_verdict

__all__ = ["exercise", "predict", "progress_board", "show_verdict"]

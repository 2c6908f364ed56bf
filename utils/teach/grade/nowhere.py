"""A backend of matplotlib that draws nothing and writes nothing: an answer may plot, and nobody looks."""

from matplotlib.backend_bases import FigureCanvasBase


class FigureCanvas(FigureCanvasBase):
    def print_figure(self, *_, **__):
        """Nothing is written."""

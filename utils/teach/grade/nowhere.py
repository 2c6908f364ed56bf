"""A backend of matplotlib that draws nothing and writes nothing: an answer may plot, and nobody looks."""

from matplotlib.backend_bases import FigureCanvasBase, FigureManagerBase


class FigureManager(FigureManagerBase):
    @classmethod
    def pyplot_show(cls, **_):
        """Nothing is shown, and no warning says so."""


class FigureCanvas(FigureCanvasBase):
    manager_class = FigureManager

    def print_figure(self, *_, **__):
        """Nothing is written."""

"""What moves: `live` shows a matplotlib figure in the browser, `record` writes down what it draws; each other file is
one figure."""

import logging

# matplotlib says in red that it makes its list of fonts: once on a computer, in a browser in every kernel.
logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)

"""What the reader touches. Whoever imports anything from here can write `%%derivation` cells."""

import logging

from utils.panels.derivation import register

# matplotlib says in red that it makes its list of fonts: once on a computer, in a browser in every kernel.
logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)
register()

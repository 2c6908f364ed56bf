"""What the reader touches. Whoever imports anything from here can write `%%derivation` cells."""

from utils.widgets.derivation import register

register()

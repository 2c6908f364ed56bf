"""Decks to lecture from, made from the masters: `python -m utils.slides --out FOLDER`."""

"""Decks to lecture from, made from the masters: `python -m utils.teach.slides --out FOLDER`."""

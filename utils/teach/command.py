"""How every command of an instructor begins."""

from argparse import ArgumentParser

from utils.figures.page import never_stop_at_a_character


def command(module: str, description: str, epilog: str = "") -> ArgumentParser:
    """The parser of `python -m MODULE`, on any console."""
    never_stop_at_a_character()
    return ArgumentParser(f"python -m {module}", description=description, epilog=epilog)

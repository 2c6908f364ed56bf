"""What a function says when it refuses its arguments."""

import pytest


def refusal(f, *arguments, **named):
    """The words of the ValueError with which f refuses these arguments. Fails if it takes them."""
    with pytest.raises(ValueError) as refused:
        f(*arguments, **named)
    return str(refused.value)

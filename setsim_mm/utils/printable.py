"""Texts for messages: shortened lists, and escapes for terminals and logs."""

from collections.abc import Iterable
from unicodedata import category

SPACE = 'Zs'  # includes the space of Chinese and Japanese


def some_of(items: Iterable[str], number: int = 3, separator: str = '; ') -> str:
    """Return the first items as one text, with ``...`` for the others."""
    items = list(items)
    return separator.join(items[:number] + ['...'] * (len(items) > number))


def printable(text: str, keep: str = '') -> str:
    r"""Return a text with backslash escapes in place of unprintable characters.

    Escape sequences can control a terminal. Directional marks display another text.
    Lone surrogates, by which Python represents bytes that are not UTF-8, cannot be
    written.

    Args:
        text (str): Any text.
        keep (str): Characters to leave unchanged, such as ``'\n\t'``. Defaults to
            none.

    Returns:
        str: A text that can be written to any UTF-8 stream.

    Examples:
        >>> print(printable('D\u00fcne \x1b[2J'))
        Düne \x1b[2J
    """
    return ''.join(
        letter
        if letter.isprintable() or category(letter) == SPACE or letter in keep
        else letter.encode('unicode_escape').decode('ascii')
        for letter in text
    )

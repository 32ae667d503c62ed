"""Text from files that anybody may have written, for terminals and logs."""

from unicodedata import category

SPACE = 'Zs'  # such as the one of Chinese and Japanese


def printable(text: str, keep: str = '') -> str:
    r"""Return a text with escapes for what does not print as a character.

    Control characters and escape sequences could take over a terminal, marks of
    direction show another text than there is, and halves of surrogate pairs, by which
    Python keeps bytes that are no UTF-8, cannot be written at all.

    Args:
        text (str): Any text.
        keep (str): Characters that stay as they are, such as ``'\n\t'``. Defaults to
            none.

    Returns:
        str: With backslash escapes; it can be written to any UTF-8 stream.

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

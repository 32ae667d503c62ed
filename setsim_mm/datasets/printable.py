"""Names of files for messages, logs and lists."""

import re

# Control characters, those that end a line, and bytes that are no UTF-8, which Python
# keeps as half of a surrogate pair. No stream can write the latter.
_UNPRINTABLE = re.compile('[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]')


def printable(text: str) -> str:
    r"""Return a text in one line that any UTF-8 stream can write.

    Args:
        text: Such as the name of a file, in which Linux allows any bytes.

    Returns:
        The text with backslash escapes for the characters that cannot be written and
        for those that would start a new line or control a terminal.

    Examples:
        >>> printable('Düne.jpg')
        'Düne.jpg'
        >>> print(printable('a\nb\udcff.jpg'))
        a\nb\udcff.jpg
    """
    return _UNPRINTABLE.sub(
        lambda match: match[0].encode('unicode_escape').decode('ascii'), text
    )

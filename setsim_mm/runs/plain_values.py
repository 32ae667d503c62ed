"""Plain values from the records in a file of any origin."""

import math
from collections.abc import Mapping
from itertools import islice
from typing import Any

MOST = 200  # entries of a list or mapping
LONGEST = 2000  # characters of a text


def mapping_at(record: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Return an entry that is a mapping, or an empty mapping without one.

    Args:
        record (Mapping[str, Any]): A record of any content.
        name (str): The name of the entry.
    """
    entry = record.get(name)
    return entry if isinstance(entry, Mapping) else {}


def short_text(value: Any, longest: int = LONGEST) -> str:
    """Return a text, or the name of the type of any other value.

    Args:
        value (Any): A value of any type.
        longest (int): The number of characters after which it is cut. Defaults to
            2000.
    """
    text = value if isinstance(value, str) else type(value).__name__
    return text if len(text) <= longest else f'{text[:longest]}...'


def plain_value(value: Any, longest: int = LONGEST) -> str | int | float | bool | None:
    """Return a value that JSON can write.

    Args:
        value (Any): A value of any type.
        longest (int): The number of characters after which a text is cut. Defaults to
            2000.

    Returns:
        str | int | float | bool | None: The value. A number that JSON cannot write
        becomes a text. None for any other type.
    """
    if isinstance(value, str):
        return short_text(value, longest)
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, int) and abs(value) >= 2**63:
        return f'a number of {value.bit_length()} bits'
    return value if isinstance(value, int | float | None) else None


def plain_entries(value: Any) -> Any:
    """Return a list or dictionary with the plain values of a list or mapping.

    Args:
        value (Any): A value of any type. At most 200 entries are taken.

    Returns:
        Any: :func:`plain_value` of it if it is neither a list nor a mapping.
    """
    if isinstance(value, Mapping):
        entries = islice(value.items(), MOST)
        return {short_text(name): plain_value(entry) for name, entry in entries}
    if isinstance(value, list):
        return [plain_value(entry) for entry in islice(value, MOST)]
    return plain_value(value)

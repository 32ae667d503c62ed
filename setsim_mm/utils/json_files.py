"""Read JSON files in work folders, which may be damaged or of another program."""

import json
import os
from pathlib import Path
from typing import Any

from .errors import UserError


def read_json(path: str | os.PathLike, **kinds: type) -> dict[str, Any]:
    """Read a JSON object.

    Args:
        path (str | os.PathLike): The file.
        **kinds (type): The types of the required entries by their names.

    Returns:
        dict[str, Any]: All entries of the object.

    Raises:
        UserError: If the file is not a JSON object with these entries.
        OSError: If the file cannot be read.
    """
    try:
        content = json.loads(Path(path).read_text(encoding='utf-8'))
    except (ValueError, RecursionError) as error:
        raise damaged(path, str(error)) from error
    if not isinstance(content, dict):
        raise damaged(path, f'it holds a {type(content).__name__}')
    for name, kind in kinds.items():
        if not isinstance(content.get(name), kind):
            raise damaged(path, f'it has no {name!r} of the type {kind.__name__}')
    return content


def damaged(path: str | os.PathLike, reason: str) -> UserError:
    """Return the error for a damaged file or a file of another program."""
    return UserError(
        f'{str(path)!r} is damaged, or not what a run has written ({reason}): move it '
        'away, or choose another folder.'
    )

"""JSON files in work folders, which may be damaged or somebody else's."""

import json
import os
from pathlib import Path
from typing import Any

from .errors import UserError


def read_json(path: str | os.PathLike, **kinds: type) -> dict[str, Any]:
    """Read a JSON object.

    Args:
        path (str | os.PathLike): The file.
        **kinds (type): The type of each entry that is needed.

    Returns:
        dict[str, Any]: All entries, those beside ``kinds`` included.

    Raises:
        UserError: If the file is no JSON, or lacks an entry of these.
        OSError: If it cannot be read.
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
    """Return the error for a file that is not what a run has written."""
    return UserError(
        f'{str(path)!r} is damaged, or not what a run has written ({reason}): move it '
        'away, or choose another folder.'
    )

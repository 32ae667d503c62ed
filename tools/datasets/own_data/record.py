"""The record of a conversion, which protects the folder from another one."""

import json
from pathlib import Path
from typing import Any

from setsim_mm.runs.settings import differences
from setsim_mm.utils import UserError, require_writable
from setsim_mm.utils.durable_files import write_text_whole
from setsim_mm.utils.json_files import read_json
from setsim_mm.utils.printable import some_of

RECORD = 'conversion.json'


def take_folder(out: Path, made_from: dict[str, Any]) -> None:
    """Create a folder and write what a conversion is made from.

    Args:
        out (Path): The folder.
        made_from (dict[str, Any]): As JSON reads it back.

    Raises:
        UserError: If it holds another conversion or other files, or is not writable.
    """
    path = out / RECORD
    if path.is_file():
        differ = differences(read_json(path), made_from, 'there', 'here')
        if differ:
            raise UserError(
                f'{str(out)!r} holds another conversion ({some_of(differ)}): choose '
                'another folder with --out, or move it away.'
            )
    elif out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UserError(
            f'{str(out)!r} holds other files: choose another folder with --out.'
        )
    require_writable(out)
    write_text_whole(path, json.dumps(made_from, indent=1) + '\n')

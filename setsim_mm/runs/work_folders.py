"""What the folder of a trial holds, and who may write there."""

from pathlib import Path
from typing import Any

from setsim_mm.utils import last_checkpoint
from setsim_mm.utils.json_files import read_json

from .settings import differences

CLAIM = 'trial.json'
RESULT = 'result.json'


def work_dir_of(folder: Path, name: str, seed: int | str) -> Path:
    """Say where a trial writes."""
    return Path(folder, name, f'seed_{seed}')


def holds_work(work_dir: Path) -> bool:
    """Whether there is something to go on from, or a result."""
    return last_checkpoint(work_dir) is not None or (work_dir / RESULT).is_file()


def claimed_settings(work_dir: Path) -> dict[str, Any] | None:
    """Read the settings of the run that a folder holds.

    Args:
        work_dir (Path): Of a trial.

    Returns:
        dict[str, Any] | None: None if no run got anywhere there.
    """
    claim = work_dir / CLAIM
    if not claim.is_file() or not holds_work(work_dir):
        return None
    return read_json(claim, settings=dict)['settings']


def some_differences(
    one: Any, other: Any, of_one: str, of_other: str, most: int = 3
) -> str:
    """Say in what two settings differ, without filling the screen.

    Args:
        one (Any): Settings.
        other (Any): Other settings.
        of_one (str): What people are told the first are, such as ``'there'``.
        of_other (str): What the others are.
        most (int): How many differences are told. Defaults to 3.

    Returns:
        str: Phrases, and how many more there are.
    """
    phrases = differences(one, other, of_one, of_other)
    more = f' and {len(phrases) - most} more' if len(phrases) > most else ''
    return '; '.join(phrases[:most]) + more


def end_of(path: Path, most: int = 2**16) -> str:
    """Read the last bytes of a text file; nothing if it is not there."""
    if not path.is_file():
        return ''
    with open(path, 'rb') as file:
        file.seek(max(0, path.stat().st_size - most))
        return file.read().decode(errors='replace')

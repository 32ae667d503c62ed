"""Curves of a training run, from the log that mmengine writes as JSON lines."""

import json
import os
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from setsim_mm.runs.config_text import read_config_text
from setsim_mm.utils.json_files import damaged


@dataclass(frozen=True)
class Curve:
    """Values of one quantity over a run.

    Args:
        steps (np.ndarray): Iterations done, increasing, (M,).
        values (np.ndarray): The values at these steps, (M,).
    """

    steps: np.ndarray
    values: np.ndarray

    def smoothed(self, window: int) -> np.ndarray:
        """Return means over ``window`` neighbours, fewer at the ends, (M,)."""
        kernel = np.ones(min(window, len(self.values)))
        total = np.convolve(self.values, kernel, mode='same')
        return total / np.convolve(np.ones(len(self.values)), kernel, mode='same')


def read_curves(work_dir: str | os.PathLike) -> dict[str, Curve]:
    """Read every quantity that the last run in a folder logged.

    A resumed run is read from its beginning, each session up to the step at which
    the next one continued.

    Args:
        work_dir (str | os.PathLike): The work folder of a run, which holds
            ``<time>/vis_data/scalars.json``.

    Returns:
        dict[str, Curve]: By the names in the log, such as ``loss``.

    Raises:
        FileNotFoundError: If there is no such log.
        UserError: If a file of the run is damaged.
    """
    logs = sorted(Path(work_dir).glob('*/vis_data/scalars.json'))  # by time
    if not logs:
        raise FileNotFoundError(
            f'there is no training log (*/vis_data/scalars.json) in {str(work_dir)!r}: '
            'give the work folder of a run that has logged something'
        )
    records: list[dict] = []
    for log in reversed(logs):
        part = read_log(log)
        begin = min((record['step'] for record in records), default=np.inf)
        records = [record for record in part if record['step'] < begin] + records
        if not _was_resumed(log.parent):
            break
    points = defaultdict(dict)
    for record in records:
        for name, value in record.items():
            if isinstance(value, int | float) and name != 'step':
                points[name][record['step']] = value
    return {
        name: Curve(np.array(sorted(at)), np.array([at[step] for step in sorted(at)]))
        for name, at in points.items()
    }


def read_log(log: Path) -> list[dict]:
    """Read the records of one session of a run, one for each line of its log.

    Args:
        log (Path): ``scalars.json``. Its last line may be incomplete, because the run
            is writing it or was killed.

    Returns:
        list[dict]: Each with its ``step``.

    Raises:
        UserError: If another line is damaged.
    """
    records = []
    lines = log.read_text(encoding='utf-8', errors='replace').splitlines()
    for number, line in enumerate(lines, start=1):
        try:
            record = json.loads(line) if line else None
        except (ValueError, RecursionError) as error:
            if number == len(lines):
                break
            raise damaged(log, f'line {number}: {error}') from error
        if record is None:
            continue
        if not isinstance(record, dict) or not isinstance(record.get('step'), int):
            raise damaged(log, f'line {number} has no step')
        records.append(record)
    return records


def _was_resumed(vis_data: Path) -> bool:
    """Return whether a session resumed another one, by the config that it dumped.

    The config is read and not executed, because the folder may come from anywhere.
    """
    config = vis_data / 'config.py'
    if not config.is_file():
        return False
    try:
        return bool(read_config_text(config.read_text()).get('resume'))
    except ValueError as error:
        raise damaged(config, str(error)) from error

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
        values (np.ndarray): (M,).
    """

    steps: np.ndarray
    values: np.ndarray

    def smoothed(self, window: int) -> np.ndarray:
        """Average over ``window`` neighbouring values, over fewer at the ends, (M,)."""
        kernel = np.ones(min(window, len(self.values)))
        total = np.convolve(self.values, kernel, mode='same')
        return total / np.convolve(np.ones(len(self.values)), kernel, mode='same')


def read_curves(work_dir: str | os.PathLike) -> dict[str, Curve]:
    """Read every quantity that the last run in a folder logged.

    A run that was resumed is read from its beginning, each part up to the step at
    which the next one went on.

    Args:
        work_dir (str | os.PathLike): Work folder of a run; it holds
            ``<time>/vis_data/scalars.json``.

    Returns:
        dict[str, Curve]: By the names in the log, such as ``loss``.

    Raises:
        FileNotFoundError: If there is no such log.
        UserError: If a file of the run is not what a training writes.
    """
    logs = sorted(Path(work_dir).glob('*/vis_data/scalars.json'))  # by time
    if not logs:
        raise FileNotFoundError(
            f'there is no training log (*/vis_data/scalars.json) in {str(work_dir)!r}: '
            'give the work folder of a run that has logged something'
        )
    records: list[dict] = []
    for log in reversed(logs):
        part = _read_records(log)
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


def _read_records(log: Path) -> list[dict]:
    """Return what a log holds; a run that was killed may have left half a line."""
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
    """Whether a run went on from another one, by the config that it dumped.

    The folder may be a stranger's: its config is read and not run.
    """
    config = vis_data / 'config.py'
    if not config.is_file():
        return False
    try:
        return bool(read_config_text(config.read_text()).get('resume'))
    except ValueError as error:
        raise damaged(config, str(error)) from error

"""Measurements of a training's resources, from /proc and from its output folder."""

import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from statistics import median

from attacks.processes import descendants

from setsim_mm.runs.curves import read_log

MEBIBYTE = 2**20


@dataclass(frozen=True)
class Sample:
    """One measurement.

    Args:
        step (int): Number of finished steps.
        memory (float): Resident memory of the training process, in MiB.
        workers (float): Resident memory of its data workers, in MiB.
        files (int): Open file descriptors of all these processes.
        threads (int): Threads of all these processes.
        step_time (float): Median time of a step since the last sample, in milliseconds.
        log_bytes (float): Growth of the log files per step since the last sample.
        checkpoint (float): Size of the newest checkpoint, in MiB.
        start (int): Number of the training's start, from 1.
    """

    step: int
    memory: float
    workers: float
    files: int
    threads: int
    step_time: float
    log_bytes: float
    checkpoint: float
    start: int = 1


class Watcher:
    """Measures a running training.

    Args:
        pid (int): The training process.
        folder (Path): Its output folder.
        start (int): Number of the training's start.
    """

    def __init__(self, pid: int, folder: Path, start: int) -> None:
        self.pid = pid
        self.folder = folder
        self.start = start
        self.earlier = set(folder.glob('*/vis_data/scalars.json'))
        self.step = 0  # of the last sample
        self.bytes = 0

    def records(self) -> list[dict]:
        """Return the log records of this start of the training so far."""
        new = set(self.folder.glob('*/vis_data/scalars.json')) - self.earlier
        return [record for path in sorted(new) for record in read_log(path)]

    def sample(self, every: int) -> Sample | None:
        """Measure if there are enough steps since the last sample.

        Args:
            every (int): Steps between two samples.

        Returns:
            Sample | None: None if it is too early or the training has ended.
        """
        records = [record for record in self.records() if 'time' in record]
        if not records or records[-1]['step'] < self.step + every:
            return None
        step, size = records[-1]['step'], self.log_size()
        times = [record['time'] for record in records if record['step'] > self.step]
        first, first_size = self.step, self.bytes
        self.step, self.bytes = step, size
        newest = max(self.folder.glob('*.pth'), key=os.path.getmtime, default=None)
        if first == 0 or newest is None:
            return None  # all quantities grow in the first steps
        processes = [self.pid, *descendants(self.pid)]
        try:
            memory, *workers = (resident(pid) for pid in processes)
            return Sample(
                step=step,
                memory=memory,
                workers=sum(workers),
                files=sum(len(os.listdir(f'/proc/{pid}/fd')) for pid in processes),
                threads=sum(len(os.listdir(f'/proc/{p}/task')) for p in processes),
                step_time=1000 * median(times),
                log_bytes=(size - first_size) / (step - first),
                checkpoint=newest.stat().st_size / MEBIBYTE,
                start=self.start,
            )
        except OSError:  # a process or a checkpoint has disappeared
            return None

    def log_size(self) -> int:
        """Return the bytes of all log files, including those of earlier starts."""
        logs = [*self.folder.glob('*/*.log'), *self.folder.glob('*/vis_data/*.json')]
        return sum(path.stat().st_size for path in logs)


def resident(pid: int) -> float:
    """Return the resident memory of a process in MiB."""
    pages = int(Path(f'/proc/{pid}/statm').read_text().split()[1])
    return pages * os.sysconf('SC_PAGE_SIZE') / MEBIBYTE


def read_samples(path: Path) -> list[Sample]:
    """Return the samples of all starts so far by increasing steps.

    If a later start repeats steps of a killed one, only its samples count.

    Args:
        path (Path): ``samples.jsonl`` with an object on each line.
    """
    samples: list[Sample] = []
    if path.exists():
        names = [field.name for field in fields(Sample)]
        for line in path.read_text().splitlines():
            record = json.loads(line)
            sample = Sample(**{name: record[name] for name in names})
            samples = [s for s in samples if s.step < sample.step] + [sample]
    return samples


def append_sample(path: Path, sample: Sample) -> None:
    """Add a line to ``samples.jsonl``."""
    with path.open('a') as file:
        file.write(json.dumps(asdict(sample)) + '\n')


def values(samples: Iterable[Sample], quantity: str) -> list[float]:
    """Return one quantity of all samples."""
    return [getattr(sample, quantity) for sample in samples]

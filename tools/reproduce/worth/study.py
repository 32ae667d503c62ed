"""The runs of a comparison, stage by stage."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mmengine.config import Config
from mmengine.device import get_device

from setsim_mm.runs.settings import digest
from setsim_mm.utils import UserError
from setsim_mm.utils.work_dir import last_checkpoint
from studies.trials import Trial

from .data import Data
from .finetunings import finetuning_trials
from .measures import Measure, probes_of
from .pretraining import pretraining_trial
from .probe_trials import probe_call, probe_config, probe_trial
from .probing import ProbeOptions
from .starts import Start

SIZES = {True: (448, 448), False: (224, 224)}  # by whether pixels have classes
NEIGHBOURS = {True: 30, False: 20}


@dataclass(frozen=True)
class Study:
    """Everything that is run, and where.

    Args:
        data (Data): The data.
        starts (Sequence[Start]): The starting points.
        configs (Mapping[str, Config]): The pre-training config of each starting point
            that is pre-trained here, by its name.
        options (ProbeOptions): Options of the frozen probes.
        work_dir (Path): The folder, an absolute path.
        repository (Path): The folder of ``configs/`` and ``tools/``.
        gpus (int): GPUs of each training; 0 for none. Defaults to 1.
        finetuning (Config, optional): From
            :func:`~worth.finetuning_configs.load_config`. Defaults to None.
    """

    data: Data
    starts: Sequence[Start]
    configs: Mapping[str, Config]
    options: ProbeOptions
    work_dir: Path
    repository: Path
    gpus: int = 1
    finetuning: Config | None = None

    @property
    def measures(self) -> Sequence[Measure]:
        """The frozen probes."""
        return probes_of(self.data.labelled_set.dense)

    def pretraining(self, start: Start, seed: int) -> Trial:
        """Return the pre-training of a starting point with a seed."""
        return pretraining_trial(
            start,
            seed,
            self.configs[start.name],
            self.data.lists[seed],
            self.work_dir / 'pretraining',
            self.repository,
            self.gpus,
            self._inputs,
        )

    def pretrainings(self) -> list[Trial]:
        """Return all pre-trainings, seed by seed."""
        return [
            self.pretraining(start, seed)
            for seed in self.data.splits
            for start in self.starts
            if start.pretrained
        ]

    def probes(self, pretrained: bool | None = None) -> list[Trial]:
        """Return the probes of the starting points that exist already.

        Args:
            pretrained (bool, optional): Whether of those that are pre-trained here or
                of the others. Defaults to None, both.
        """
        config = probe_config(next(iter(self.configs.values())), self.options)
        device = get_device() if self.gpus else 'cpu'
        return [
            probe_trial(
                start,
                seed,
                config,
                checkpoint,
                self.pretraining(start, seed) if start.pretrained else None,
                self.work_dir / 'probes',
                self.measures,
                self._inputs,
                probe_call(config, checkpoint, self.data, self.options, device),
            )
            for seed in self.data.splits
            for start in self.starts
            if pretrained in (None, start.pretrained)
            if (checkpoint := self.checkpoint(start, seed)) is not None
        ]

    def finetunings(self) -> dict[tuple[str, int], dict[float, Trial]]:
        """Return the fine-tunings of the starting points that exist already.

        Returns:
            dict: From the name of a starting point and a seed to trials by share.
        """
        if self.finetuning is None:
            return {}
        return {
            (start.name, seed): finetuning_trials(
                start,
                checkpoint,
                seed,
                self.finetuning,
                self.data.labelled_set,
                split,
                self.data.sizes,
                self.work_dir,
                self.repository,
                self.gpus,
            )
            for seed, split in self.data.splits.items()
            for start in self.starts
            if (checkpoint := self.checkpoint(start, seed)) is not None
        }

    def checkpoint(self, start: Start, seed: int) -> str | None:
        """Return the checkpoint of a starting point, or ``'random'``.

        None if its pre-training has not ended.
        """
        if not start.pretrained:
            return start.weights
        trial = self.pretraining(start, seed)
        return str(last_checkpoint(trial.work_dir)) if trial.done else None

    @property
    def _inputs(self) -> dict[str, str]:
        return dict(data=digest(dict(self.data.made_from)))


def probe_options(
    data: Data, size: Sequence[int] | None, k: int | None, num_workers: int
) -> ProbeOptions:
    """Return the options of the probes, with their defaults.

    Args:
        data (Data): The data.
        size (Sequence[int], optional): One or two numbers of pixels; None for 448x448
            with label images, and 224 for class folders.
        k (int, optional): Neighbours; None for 30 positions, or for 20 images or as
            many as the smallest share has.
        num_workers (int): Processes that load images.

    Returns:
        ProbeOptions: The options.

    Raises:
        UserError: If ``k`` is larger than the smallest share of class folders.
    """
    dense, smallest = data.labelled_set.dense, min(data.sizes.values())
    sides = tuple(size or SIZES[dense])
    neighbours = NEIGHBOURS[dense] if k is None else k
    if not dense and k is None:
        neighbours = min(neighbours, smallest)
    if neighbours < 1 or (not dense and neighbours > smallest):
        raise UserError(
            f'{neighbours} neighbours are asked for, but the smallest share has '
            f'{smallest} labelled images: set --k between 1 and {smallest}, or leave '
            'that share out of --shares.'
        )
    return ProbeOptions(data.sizes, (sides * 2)[:2], neighbours, num_workers)

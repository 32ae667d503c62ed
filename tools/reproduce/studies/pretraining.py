"""The trials of a family: pre-training with tools/train.py."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mmengine.config import Config

from setsim_mm.engine.training_length import set_training_length
from setsim_mm.utils import UserError, load_training_config

from .configs import ensure_probe, leave_matcher_alone
from .families import Family, Row
from .machine import launch_of
from .trials import Trial

ALONE = '_matcher-alone'


@dataclass(frozen=True)
class Scale:
    """Changes of the configs of a whole family.

    Args:
        merge (str, optional): A config file that is merged into each. Defaults to None.
        options (dict, optional): Overrides of single values. Defaults to None.
        matcher_alone (bool): Whether to remove geometry and the symmetrised loss.
            Defaults to False.
        gpus (int): GPUs of each run; 0 for none. Defaults to 1.
        epochs (int, optional): See
            :func:`~setsim_mm.engine.training_length.set_training_length`. Defaults to
            None.
        iterations (int, optional): The same. Defaults to None.
    """

    merge: str | None = None
    options: Mapping | None = None
    matcher_alone: bool = False
    gpus: int = 1
    epochs: int | None = None
    iterations: int | None = None

    def load(self, path: str | Path) -> Config:
        """Load a pre-training config and change it.

        Args:
            path (str | Path): The config file.

        Raises:
            UserError: If it cannot be read, or a change does not fit it.
        """
        cfg = load_training_config(str(path), dict(self.options or {}), self.merge)
        set_training_length(cfg, self.epochs, self.iterations)
        return cfg


def run_name(row: Row, matcher_alone: bool) -> str:
    """Return the name of the run of a row, which is that of its folder."""
    return row.run + (ALONE if matcher_alone else '')


def require_alone(family: Family) -> None:
    """Raise an error if a family has no variant with the matcher alone.

    Args:
        family (Family): The family.

    Raises:
        UserError: If the family does not compare matchers.
    """
    if not family.alone:
        raise UserError(
            f'--matcher-alone makes no sense for {family.name}, whose rows differ in '
            'more than the matcher: leave it out.'
        )


def pretraining_trials(
    rows: Sequence[Row],
    seeds: Sequence[int],
    scale: Scale,
    folder: Path,
    repository: Path,
) -> list[Trial]:
    """Return the trials of rows, one for each config and seed.

    Args:
        rows (Sequence[Row]): Rows of one or several families.
        seeds (Sequence[int]): The seeds of each row.
        scale (Scale): The changes of their configs.
        folder (Path): The folder of the runs.
        repository (Path): The folder of ``configs/`` and ``tools/``.

    Returns:
        list[Trial]: Seed by seed, so that the first table is complete early. Nothing
        is written or started.

    Raises:
        UserError: If a config cannot be read.
    """
    tools, trials = repository / 'tools', []
    for row in {row.config: row for row in rows}.values():
        config = scale.load(repository / 'configs' / 'selfsup' / row.config)
        if scale.matcher_alone:
            leave_matcher_alone(config)
        ensure_probe(config)
        trials += [
            Trial(
                name=run_name(row, scale.matcher_alone),
                seed=seed,
                folder=folder,
                config=config,
                launch=launch_of(
                    tools / 'train.py', tools / 'dist_train.sh', scale.gpus
                ),
                processes=max(1, scale.gpus),
            )
            for seed in dict.fromkeys(seeds)
        ]
    order = list(dict.fromkeys(seeds))
    return sorted(trials, key=lambda trial: order.index(trial.seed))

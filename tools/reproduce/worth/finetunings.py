"""The trials of fine-tunings, one for each starting point, share of labels and seed."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from mmengine.config import Config

from setsim_mm.runs.run_record import RunRecord
from setsim_mm.transfer.finetuning_record import checkpoint_digest
from studies.machine import launch_of
from studies.trials import Trial

from .finetuning_configs import measures_of, with_parts
from .finetuning_data import write_part
from .labelled_sets import LabelledSet
from .measures import Measure
from .results import records_of
from .splits import Split
from .starts import Start

TOOLBOXES = dict(mmdet='mmdetection', mmseg='mmsegmentation')


def finetuning_trials(
    start: Start,
    checkpoint: str,
    seed: int,
    cfg: Config,
    labelled_set: LabelledSet,
    split: Split,
    sizes: Mapping[float, int],
    work_dir: Path,
    repository: Path,
    gpus: int,
) -> dict[float, Trial]:
    """Return the fine-tunings of a starting point with a seed.

    Args:
        start (Start): The starting point.
        checkpoint (str): Its checkpoint, or ``'random'``.
        seed (int): The seed.
        cfg (Config): From :func:`~worth.finetuning_configs.load_config`.
        labelled_set (LabelledSet): The images.
        split (Split): Their division.
        sizes (Mapping[float, int]): The number of labelled images of each share.
        work_dir (Path): The folder of the comparison. The lists of images are written
            to it.
        repository (Path): The folder of ``tools/``.
        gpus (int): GPUs of each run; 0 for none.

    Returns:
        dict[float, Trial]: By share of the labels, not started. Each seed has a folder
        of its own, for its images are others.
    """
    data = work_dir / 'finetuning_data' / f'seed_{seed}'
    held_out = write_part(labelled_set, split.held_out, data / 'held_out')
    tools, trials = repository / 'tools' / 'benchmarks', {}
    metrics = [measure.logged_metric for measure in measures_of(cfg)]
    for share, number in sizes.items():
        part = f'{share:g}'.replace('.', '_')
        train = write_part(labelled_set, split.labelled[:number], data / part)
        trials[share] = Trial(
            name=f'{start.name}_{part}',
            seed=seed,
            folder=work_dir / 'finetunings' / f'split_{seed}',
            config=with_parts(cfg, train, held_out),
            launch=launch_of(
                tools / 'finetune.py',
                tools / TOOLBOXES[cfg.default_scope] / 'dist_train.sh',
                gpus,
                [checkpoint],
                ['--name', start.name],
            ),
            processes=max(1, gpus),
            metrics=tuple(metrics),
            inputs=dict(checkpoint=checkpoint_digest(checkpoint)),
            checkpoint=start.name,
        )
    return trials


def add_finetunings(
    records: Sequence[RunRecord],
    trials: Mapping[tuple[str, int], Mapping[float, Trial]],
    measures: Sequence[Measure],
) -> list[RunRecord]:
    """Return the records of the probes with the metrics of fine-tunings.

    Args:
        records (Sequence[RunRecord]): One for each starting point and seed.
        trials (Mapping): From the name of a starting point and a seed to the trials of
            :func:`finetuning_trials`.
        measures (Sequence[Measure]): The measures of fine-tunings.
    """
    merged = []
    for record in records:
        metrics = dict(record.metrics or {})
        for share, trial in trials.get((record.name, record.seed), {}).items():
            for finished in records_of([trial]):
                for measure in measures:
                    value = measure.logged_metric.of(finished.metrics)
                    if value is not None:
                        metrics[measure.key(share)] = value
        merged.append(replace(record, metrics=metrics))
    return merged

"""The trials of frozen probes, which run in the process of the comparison."""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import torch
from mmengine.config import Config

from setsim_mm.runs.settings import digest
from setsim_mm.transfer.finetuning_record import checkpoint_digest
from studies.trials import Trial

from .data import Data
from .measures import Measure
from .probing import ProbeOptions, probe
from .starts import Start, load_start


def probe_config(cfg: Config, options: ProbeOptions) -> Config:
    """Return the config of a probe, with everything that decides its result.

    Args:
        cfg (Config): The pre-training config, whose backbone is measured.
        options (ProbeOptions): The options.
    """
    model = dict(backbone=cfg.model.backbone)
    for part in (cfg.model, cfg):
        if part.get('data_preprocessor'):
            model.setdefault('data_preprocessor', part.data_preprocessor)
    return Config(
        dict(
            model=model,
            probe=dict(
                sizes=list(options.sizes.items()),
                size=list(options.size),
                k=options.k,
            ),
            train_cfg=dict(),
        )
    )


def probe_trial(
    start: Start,
    seed: int,
    cfg: Config,
    checkpoint: str,
    pretraining: Trial | None,
    folder: Path,
    measures: Sequence[Measure],
    inputs: Mapping[str, object],
    call: Callable[[Trial], None],
) -> Trial:
    """Return the probe of a starting point with a seed, over all shares of the labels.

    Args:
        start (Start): The starting point.
        seed (int): The seed.
        cfg (Config): From :func:`probe_config`.
        checkpoint (str): Its checkpoint, or ``'random'``.
        pretraining (Trial, optional): The pre-training that wrote it.
        folder (Path): The folder of all probes.
        measures (Sequence[Measure]): The measures.
        inputs (Mapping[str, object]): What decides the result beside config,
            checkpoint and seed, the same for all seeds.
        call (Callable): From :func:`probe_call`.

    Returns:
        Trial: Not started.
    """
    # Checkpoints of several seeds differ; what they were trained with does not.
    origin = (
        checkpoint_digest(checkpoint)
        if pretraining is None
        else digest(pretraining.record.experiment)
    )
    return Trial(
        name=start.name,
        seed=seed,
        folder=folder,
        config=cfg,
        launch=(),
        metrics=tuple(
            measure.at(share) for measure in measures for share, _ in cfg.probe.sizes
        ),
        inputs=dict(inputs, checkpoint=origin),
        call=call,
    )


def probe_call(
    cfg: Config, checkpoint: str, data: Data, options: ProbeOptions, device: str
) -> Callable[[Trial], None]:
    """Return the function that runs a probe.

    Args:
        cfg (Config): From :func:`probe_config`.
        checkpoint (str): The checkpoint, or ``'random'``.
        data (Data): The data.
        options (ProbeOptions): The options.
        device (str): The device of the backbone.

    Returns:
        Callable: It writes the figures of a trial as mmengine logs scalars.
    """

    def call(trial: Trial) -> None:
        found = probe(
            *load_start(cfg, checkpoint, trial.seed, device),
            data.labelled_set,
            data.splits[trial.seed],
            options,
        )
        vis_data = trial.work_dir / time.strftime('%Y%m%d_%H%M%S') / 'vis_data'
        vis_data.mkdir(parents=True, exist_ok=True)
        log = json.dumps(dict(found, step=1))
        (vis_data / 'scalars.json').write_text(f'{log}\n')
        if torch.cuda.is_available():
            torch.cuda.empty_cache()  # for the trainings that follow

    return call

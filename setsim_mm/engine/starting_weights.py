"""Read the weights that a pre-training run starts from."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mmengine.config import Config
from mmengine.registry import MODELS, DefaultScope

from setsim_mm.hosts.scope import SCOPE
from setsim_mm.utils.distributed import rank_and_processes
from setsim_mm.utils.errors import UserError
from setsim_mm.utils.file_digest import file_sha256
from setsim_mm.utils.foreign_weights import FoundBackbone, find_backbone
from setsim_mm.utils.printable import printable
from setsim_mm.utils.resuming import newest_whole_checkpoint


@dataclass(frozen=True)
class StartingWeights:
    """A backbone's weights and their source.

    Args:
        file (str): The file, as given by the user.
        sha256 (str): SHA-256 of the file.
        found (FoundBackbone): The weights.
    """

    file: str
    sha256: str
    found: FoundBackbone

    @property
    def record(self) -> dict[str, Any]:
        """Source of the weights, for the record of a run."""
        return dict(
            file=self.file,
            sha256=self.sha256,
            names=self.found.origin,
            tensors=len(self.found.weights),
        )


def starting_weights(
    cfg: Config, path: str | os.PathLike | None
) -> StartingWeights | None:
    """Read the weights that a new run starts from, and print a summary.

    Args:
        cfg (Config): Config of the run, with ``resume`` and ``load_from`` of a resumed
            run.
        path (str | os.PathLike, optional): See
            :func:`~setsim_mm.utils.foreign_weights.find_backbone`. None for random
            weights.

    Returns:
        StartingWeights | None: None if there is no path, or if the run resumes: its
        checkpoint has all weights.

    Raises:
        UserError: If a weight does not fit the config's backbone, or the config has
            other weights to start from.
    """
    if path is None:
        return None
    is_main = rank_and_processes(cfg.launcher)[0] == 0
    if _resumes(cfg):
        if is_main:
            print(
                f'The run resumes, so {str(path)!r} is not read again: '
                '--from-weights only applies to a new run.'
            )
        return None
    configured = _configured_weights(cfg)
    if configured:
        raise UserError(
            f'the config starts from {configured} and --from-weights from '
            f'{str(path)!r}: use one of them.'
        )
    with DefaultScope.overwrite_default_scope(cfg.get('default_scope', SCOPE)):
        backbone = MODELS.build(cfg.model.backbone)
    found = find_backbone(path, backbone.state_dict(), inflate=True)
    if is_main:
        print(describe(path, found))
    return StartingWeights(str(path), file_sha256(path), found)


def describe(path: str | os.PathLike, found: FoundBackbone) -> str:
    """Return lines on the weights that are read, not used, and initialised."""
    inflated = ''
    if found.inflated is not None:
        channels = found.weights[found.inflated].shape[1]
        inflated = (
            f'The first convolution, {found.inflated}, was converted from RGB to '
            f'{channels} channels by the rule of timm.\n'
        )
    return (
        f'Starting from {printable(str(path))}: '
        f"the backbone's {len(found.weights)} tensors, named {found.origin}.\n"
        f'{inflated}Not used from the file: {_parts(found.left_out)}.\n'
        'Everything but the backbone is initialised: projectors, predictors, queues.'
    )


def _parts(counts: Mapping[str, int], most: int = 8) -> str:
    largest = sorted(counts.items(), key=lambda item: -item[1])
    shown = ', '.join(f'{part} ({number})' for part, number in largest[:most])
    more = len(counts) - most
    return printable(shown or 'nothing') + (f' and {more} more' if more > 0 else '')


def _configured_weights(cfg: Config) -> str | None:
    """Return the setting of a config that has weights to start from, if any."""
    init_cfg = cfg.model.backbone.get('init_cfg')
    parts = init_cfg if isinstance(init_cfg, list) else [init_cfg or {}]
    settings = {
        'load_from': cfg.get('load_from'),
        'model.pretrained': cfg.model.get('pretrained'),
        'model.backbone.init_cfg': next(
            (part.get('checkpoint') for part in parts if part.get('checkpoint')), None
        ),
    }
    return next((f'{k}={v!r}' for k, v in settings.items() if v), None)


def _resumes(cfg: Config) -> bool:
    if not cfg.get('resume'):
        return False
    # mmengine's resume=True without load_from: the runner searches a checkpoint.
    chosen = cfg.get('load_from') or newest_whole_checkpoint(cfg.work_dir).checkpoint
    return chosen is not None

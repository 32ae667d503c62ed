"""Check that a resumed run has the schedule of its checkpoint."""

import os
from typing import Any

from mmengine.config import Config

from setsim_mm.runs.config_text import read_config_text
from setsim_mm.runs.settings import as_json, differences
from setsim_mm.utils.checkpoints import load_checkpoint
from setsim_mm.utils.errors import UserError
from setsim_mm.utils.printable import some_of

from .training_length import schedule_of


def require_same_schedule(cfg: Config, checkpoint: str | os.PathLike) -> None:
    """Raise an error if a resumed run asks for another schedule than it began with.

    mmengine restores the schedule from the checkpoint. A run of 10 epochs that is
    resumed with 5 would end in the middle of its cosine.

    Args:
        cfg (Config): The config.
        checkpoint (str | os.PathLike): The checkpoint to resume from.

    Raises:
        UserError: If the schedules differ.
    """
    before = _schedule_in(checkpoint)
    if before is None:
        return
    now = as_json(schedule_of(cfg.to_dict()))
    differ = differences(before, now, 'there', 'here')
    if differ:
        raise UserError(
            f'{str(checkpoint)!r} has another schedule of the learning rate '
            f'({some_of(differ)}), which a resumed run cannot change: resume with the '
            'same --epochs or --iterations, or start a new run in another folder from '
            'its weights with --from-weights.'
        )


def _schedule_in(checkpoint: str | os.PathLike) -> Any:
    """Return the schedule in the config of a checkpoint; None if it cannot be read.

    The config in a checkpoint is an untrusted text of any content.
    """
    try:
        content = load_checkpoint(checkpoint, memory_mapped=True, all_of_it=True)
        return as_json(schedule_of(read_config_text(content['meta']['cfg'])))
    except Exception:
        return None

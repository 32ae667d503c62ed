"""Which fine-tuning a work folder holds, so that no run writes over another one."""

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mmengine.config import Config
from torch import Tensor

from setsim_mm.runs.settings import differences, settings_of
from setsim_mm.utils.durable_files import write_text_whole
from setsim_mm.utils.errors import UserError
from setsim_mm.utils.json_files import read_json
from setsim_mm.utils.state_dict_mismatch import some_of
from setsim_mm.utils.work_dir import last_checkpoint, require_writable

CLAIM = 'finetuning.json'


def claim_of(
    cfg: Config, weights: Mapping[str, Tensor] | None, processes: int
) -> dict[str, Any]:
    """Describe a fine-tuning run by all that decides its result.

    Args:
        cfg (Config): Its config, before the weights have a place in it.
        weights (Mapping[str, Tensor] | None): What it starts from; None for random
            weights.
        processes (int): How many train together.

    Returns:
        dict[str, Any]: As JSON gives it back.
    """
    return dict(
        weights=weights and digest_of(weights),
        seed=cfg.get('randomness', {}).get('seed'),
        settings=settings_of(cfg, processes),
    )


def digest_of(weights: Mapping[str, Tensor]) -> str:
    """Give weights a name of 16 digits that no others have."""
    content = hashlib.sha256()
    for name in sorted(weights):
        content.update(name.encode())
        content.update(weights[name].contiguous().numpy().tobytes())
    return content.hexdigest()[:16]


def claim_work_dir(
    work_dir: str | os.PathLike, claim: dict[str, Any], resume: bool
) -> None:
    """Take a work folder for a run, unless another run is in it.

    Args:
        work_dir (str | os.PathLike): The folder, which is made.
        claim (dict[str, Any]): From :func:`claim_of`.
        resume (bool): Whether the run goes on if it is in there itself.

    Raises:
        UserError: If the folder cannot be written, or holds a run that would be
            written over. Nothing is written then.
    """
    require_writable(work_dir)
    file = Path(work_dir, CLAIM)
    if last_checkpoint(work_dir) is not None:
        there = read_json(file) if file.is_file() else None
        if there is None:
            raise UserError(
                f'{str(work_dir)!r} holds a run that was not started from here: choose '
                'another folder with --work-dir.'
            )
        if there != claim:
            differ = some_of(differences(there, claim, 'there', 'here'))
            raise UserError(
                f'{str(work_dir)!r} holds another run ({differ}): choose another '
                'folder with --work-dir.'
            )
        if not resume:
            raise UserError(
                f'{str(work_dir)!r} holds this run already: add --resume to go on with '
                'it, or choose another folder with --work-dir.'
            )
    write_text_whole(file, json.dumps(claim, indent=1))

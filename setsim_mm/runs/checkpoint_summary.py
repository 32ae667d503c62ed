"""Summary of a checkpoint, read without running anything that is in it."""

import math
import os
from collections import defaultdict
from collections.abc import Mapping
from itertools import islice
from pathlib import Path
from typing import Any

import torch
from mmengine.logging import HistoryBuffer
from torch import Tensor

from setsim_mm.utils.checkpoints import load_checkpoint
from setsim_mm.utils.untrusted_files import damage_of, is_zip

# A file may list a million of anything.
MOST = 200
LONGEST = 2000  # letters of a text other than the config's
PROVENANCE = (
    'host',
    'command',
    'processes',
    'devices',
    'deterministic',
    'versions',
    'started_from',
)
# How programs call what they save beside the weights.
NAMES = dict(
    epoch=('epoch', 'epochs'),
    iteration=('iter', 'iteration', 'step', 'global_step'),
    seed=('seed',),
    time=('time',),
    experiment=('experiment_name', 'arch'),
)


def summarize_checkpoint(path: str | os.PathLike) -> dict[str, Any]:
    """Collect what is in a checkpoint of this or of another project.

    Args:
        path (str | os.PathLike): The file.

    Returns:
        dict[str, Any]: Plain values that JSON can write: ``file``, ``bytes``,
        ``format``, ``damage`` (None if every checksum is right or there are none),
        ``entries`` (the names at the top), ``epoch``, ``iteration``, ``seed``,
        ``time``, ``experiment``, ``provenance``, ``config`` (its text), ``weights``
        (one dictionary for each group), ``training`` and ``scalars``. What the file
        does not say is None or empty. Texts are as they are in the file: print them
        through :func:`~setsim_mm.utils.printable.printable`.

    Raises:
        UserError: If the file is missing, or cannot be read as a checkpoint.
    """
    checkpoint = load_checkpoint(path)
    path = Path(path).expanduser()
    meta = _part(checkpoint, 'meta')
    record = _part(meta, 'provenance')
    text = meta.get('cfg')
    summary = dict(
        file=str(path),
        bytes=path.stat().st_size,
        format='zip' if is_zip(path) else 'legacy',
        damage=damage_of(path),
        entries=[_short(name) for name in islice(checkpoint, MOST)],
    )
    for name, keys in NAMES.items():
        found = (_plain(part.get(key)) for part in (meta, checkpoint) for key in keys)
        summary[name] = next((value for value in found if value is not None), None)
    summary.update(
        provenance=_provenance(record),
        config=text if isinstance(text, str) else None,
        weights=_weights(checkpoint),
        training=_training_state(checkpoint),
        scalars=_scalars(_part(_part(checkpoint, 'message_hub'), 'log_scalars')),
    )
    if 'versions' not in summary['provenance'] and 'mmengine_version' in meta:
        versions = dict(mmengine=_plain(meta['mmengine_version']))
        summary['provenance']['versions'] = versions
    return summary


def _provenance(record: Mapping[str, Any]) -> dict[str, Any]:
    found = {name: _shallow(record[name]) for name in PROVENANCE if name in record}
    if record.get('git') is not None:
        found['git'] = _shallow(record['git'])
    data = _part(record, 'data')
    if data:
        found['data'] = dict(_shallow(data), sizes=_shallow(_part(data, 'sizes')))
    return found


def _weights(checkpoint: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Summarize all tensors at the top and one level below, by group."""
    places = {'': checkpoint}
    places |= {k: v for k, v in checkpoint.items() if isinstance(v, Mapping)}
    groups = defaultdict(list)
    for place, entries in islice(places.items(), MOST):
        for name, value in entries.items():
            if isinstance(value, Tensor):
                group = str(name).removeprefix('module.').split('.')[0]
                groups[_short(place), _short(group)].append(value)
    return [
        dict(
            place=place,
            group=group,
            tensors=len(tensors),
            numbers=sum(tensor.numel() for tensor in tensors),
            dtypes=sorted({str(t.dtype).removeprefix('torch.') for t in tensors}),
            not_finite=sum(map(_not_finite, tensors)),
        )
        for (place, group), tensors in islice(groups.items(), MOST)
    ]


def _not_finite(tensor: Tensor) -> int:
    """Count infinite and undefined numbers."""
    if not (tensor.is_floating_point() or tensor.is_complex()):
        return 0
    if tensor.itemsize == 1:  # which PyTorch knows only to convert
        tensor = tensor.float()
    return int((~torch.isfinite(tensor)).sum())


def _training_state(checkpoint: Mapping[str, Any]) -> dict[str, Any]:
    optimizer = _part(checkpoint, 'optimizer')
    groups = optimizer.get('param_groups')
    rates = [
        _plain(group.get('lr'))
        for group in islice(groups if isinstance(groups, list) else [], MOST)
        if isinstance(group, Mapping)
    ]
    schedulers = checkpoint.get('param_schedulers', checkpoint.get('scheduler'))
    scaler = _part(optimizer, 'loss_scaler') or _part(checkpoint, 'scaler')
    return dict(
        optimizer='optimizer' in checkpoint,
        optimized_tensors=len(_part(optimizer, 'state')),
        learning_rates=list(dict.fromkeys(rates)),
        schedulers=len(schedulers) if isinstance(schedulers, list | dict) else 0,
        loss_scale=_plain(scaler.get('scale')),
    )


def _scalars(log: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Summarize mmengine's log history; the values of a foreign one are unknown."""
    scalars = {}
    for name, history in islice(log.items(), MOST):
        values = history.data[0] if isinstance(history, HistoryBuffer) else None
        scalars[_short(name)] = dict(
            values=None if values is None else len(values),
            last=_plain(float(values[-1]))
            if values is not None and len(values)
            else None,
        )
    return scalars


def _part(content: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = content.get(name)
    return part if isinstance(part, Mapping) else {}


def _shallow(value: Any) -> Any:
    """Copy a plain value, or a list or dictionary of plain values."""
    if isinstance(value, Mapping):
        return {_short(k): _plain(v) for k, v in islice(value.items(), MOST)}
    if isinstance(value, list):
        return [_plain(part) for part in islice(value, MOST)]
    return _plain(value)


def _plain(value: Any) -> str | int | float | bool | None:
    """Return a value as JSON can write it; None if it is of another kind."""
    if isinstance(value, str):
        return _short(value)
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, int) and abs(value) >= 2**63:
        return f'a number of {value.bit_length()} bits'
    return value if isinstance(value, int | float | None) else None


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else type(value).__name__
    return text if len(text) <= LONGEST else f'{text[:LONGEST]}...'

"""Summary of a checkpoint, read without executing anything in it."""

import os
from collections import defaultdict
from collections.abc import Mapping
from itertools import islice
from pathlib import Path
from typing import Any

import torch
from mmengine.logging import HistoryBuffer
from torch import Tensor

from setsim_mm.runs.plain_values import (
    MOST,
    mapping_at,
    plain_entries,
    plain_value,
    short_text,
)
from setsim_mm.utils.checkpoints import load_checkpoint
from setsim_mm.utils.untrusted_files import damage_of, is_zip
from setsim_mm.utils.weight_files import PICKLE, SAFETENSORS

PROVENANCE = (
    'host',
    'command',
    'processes',
    'devices',
    'deterministic',
    'versions',
    'started_from',
)
# Names that programs use for what they save beside the weights.
NAMES = dict(
    epoch=('epoch', 'epochs'),
    iteration=('iter', 'iteration', 'step', 'global_step'),
    seed=('seed',),
    time=('time',),
    experiment=('experiment_name', 'arch'),
)


def summarize_checkpoint(path: str | os.PathLike) -> dict[str, Any]:
    """Return a summary of a checkpoint of this or another project.

    Args:
        path (str | os.PathLike): The file.

    Returns:
        dict[str, Any]: Plain values that JSON can write: ``file``, ``bytes``,
        ``format``, ``damage`` (None if every checksum is right or there are none),
        ``entries`` (the names at the top), ``epoch``, ``iteration``, ``seed``,
        ``time``, ``experiment``, ``provenance``, ``config`` (its text), ``weights``
        (one dictionary for each group), ``training`` and ``scalars``. Entries that the
        file does not have are None or empty. Texts are not changed: print them with
        :func:`~setsim_mm.utils.printable.printable`.

    Raises:
        UserError: If the file is missing, or cannot be read as a checkpoint.
    """
    checkpoint = load_checkpoint(path)
    path = Path(path).expanduser()
    meta = mapping_at(checkpoint, 'meta')
    hub = mapping_at(checkpoint, 'message_hub')
    text = meta.get('cfg')
    summary = dict(
        file=str(path),
        bytes=path.stat().st_size,
        format=_format(path),
        damage=damage_of(path),
        entries=[short_text(name) for name in islice(checkpoint, MOST)],
    )
    for name, keys in NAMES.items():
        found = (
            plain_value(part.get(key)) for part in (meta, checkpoint) for key in keys
        )
        summary[name] = next((value for value in found if value is not None), None)
    summary.update(
        provenance=_provenance(mapping_at(meta, 'provenance')),
        config=text if isinstance(text, str) else None,
        weights=_weights(checkpoint),
        training=_training_state(checkpoint),
        scalars=_scalars(mapping_at(hub, 'log_scalars')),
    )
    if 'versions' not in summary['provenance'] and 'mmengine_version' in meta:
        versions = dict(mmengine=plain_value(meta['mmengine_version']))
        summary['provenance']['versions'] = versions
    return summary


def _format(path: Path) -> str:
    if is_zip(path):
        return 'zip'
    return {SAFETENSORS: 'safetensors', PICKLE: 'pickle'}.get(path.suffix, 'legacy')


def _provenance(record: Mapping[str, Any]) -> dict[str, Any]:
    found = {name: plain_entries(record[name]) for name in PROVENANCE if name in record}
    if record.get('git') is not None:
        found['git'] = plain_entries(record['git'])
    data = mapping_at(record, 'data')
    if data:
        found['data'] = dict(
            plain_entries(data), sizes=plain_entries(mapping_at(data, 'sizes'))
        )
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
                groups[short_text(place), short_text(group)].append(value)
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
    if tensor.itemsize == 1:  # PyTorch can only convert these
        tensor = tensor.float()
    return int((~torch.isfinite(tensor)).sum())


def _training_state(checkpoint: Mapping[str, Any]) -> dict[str, Any]:
    optimizer = mapping_at(checkpoint, 'optimizer')
    groups = optimizer.get('param_groups')
    rates = [
        plain_value(group.get('lr'))
        for group in islice(groups if isinstance(groups, list) else [], MOST)
        if isinstance(group, Mapping)
    ]
    schedulers = checkpoint.get('param_schedulers', checkpoint.get('scheduler'))
    scaler = mapping_at(optimizer, 'loss_scaler') or mapping_at(checkpoint, 'scaler')
    return dict(
        optimizer='optimizer' in checkpoint,
        optimized_tensors=len(mapping_at(optimizer, 'state')),
        learning_rates=list(dict.fromkeys(rates)),
        schedulers=len(schedulers) if isinstance(schedulers, list | dict) else 0,
        loss_scale=plain_value(scaler.get('scale')),
    )


def _scalars(log: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Summarize mmengine's log history, or the names in another one."""
    scalars = {}
    for name, history in islice(log.items(), MOST):
        values = history.data[0] if isinstance(history, HistoryBuffer) else None
        scalars[short_text(name)] = dict(
            values=None if values is None else len(values),
            last=plain_value(float(values[-1]))
            if values is not None and len(values)
            else None,
        )
    return scalars

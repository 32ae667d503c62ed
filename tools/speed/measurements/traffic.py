"""Bytes and seconds of the collectives in a training step, from a trace."""

import json
from collections import Counter
from pathlib import Path

import torch

from .communication import FLOAT

# The purpose of each collective.
KINDS = {'all_reduce': 'gradients', 'all_to_all': 'exchange', 'all_gather': 'keys'}
# The collectives by their calls in a trace, with the index of the sent argument.
CALLS = {
    'c10d::allreduce_': ('all_reduce', 0),
    'c10d::alltoall_base_': ('all_to_all', 1),
    'c10d::allgather_': ('all_gather', 1),
}


def traffic_of(trace: Path) -> dict[str, dict[str, float]]:
    """Return the traffic through gloo in a trace.

    Args:
        trace (Path): A trace of PyTorch's profiler with shapes.

    Returns:
        dict[str, dict[str, float]]: ``bytes``, ``seconds`` and ``calls`` by collective:
        ``all_reduce``, ``all_to_all`` and ``all_gather``.
    """
    result = {
        what: Counter(dict.fromkeys(KINDS, 0)) for what in ('bytes', 'seconds', 'calls')
    }
    for event in json.loads(trace.read_text())['traceEvents']:
        name, arguments = event['name'], event.get('args', {})
        if name in CALLS:
            kind, sent = CALLS[name]
            shapes = arguments['Input Dims'][sent]
            if not isinstance(shapes[0], list):
                shapes = [shapes]
            # A trace does not contain the types of tensors in a list.
            values = sum(torch.Size(shape).numel() for shape in shapes)
            result['bytes'][kind] += FLOAT * values
            result['calls'][kind] += 1
        elif name.removeprefix('gloo:') in KINDS and 'Input type' in arguments:
            # gloo uses its own threads. A collective that ends after the trace has no
            # arguments, and its time is unknown.
            if set(arguments['Input type']) != {'float'}:
                raise ValueError(f'{name} sends other values than float32.')
            result['seconds'][name.removeprefix('gloo:')] += event['dur'] / 1e6
    return result

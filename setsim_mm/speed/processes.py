"""How step time grows with the number of processes, on the CPU through gloo."""

import argparse
import json
import re
import socket
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import torch
import torch.distributed as dist
from mmengine.config import Config
from mmengine.model import MMDistributedDataParallel
from mmengine.optim import build_optim_wrapper
from mmselfsup.registry import MODELS
from mmselfsup.structures import SelfSupDataSample
from torch import multiprocessing

from setsim_mm.profiling import make_profiler
from setsim_mm.utils.errors import UserError
from setsim_mm.utils.training import load_training_config

from .communication import FLOAT, collectives_of, sizes_of

GLOO_EVENT = re.compile(r'gloo:(all_reduce|all_to_all|all_gather)')


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Give the command its options.

    Args:
        parser (ArgumentParser): The command's.
    """
    parser.add_argument(
        '--config',
        default='configs/selfsup/demo_r18.py',
        help='what is trained, on random images',
    )
    parser.add_argument(
        '--processes', type=int, nargs='+', default=[1, 2, 4], metavar='P'
    )
    parser.add_argument('--batch', type=int, default=8, help='images of each process')
    parser.add_argument('--image-size', type=int, default=96, help='of a view')
    parser.add_argument('--steps', type=int, default=4, help='in each repeat')
    parser.add_argument('--repeats', type=int, default=5)


def measure(args: argparse.Namespace) -> pd.DataFrame:
    """Time a training step in several processes, together and apart.

    Apart, each process trains a model of its own at the same time as the others, so
    that they share the cores but send nothing: what a step takes longer together is
    the cost of communication on this machine. Each process has one thread.

    Args:
        args (Namespace): With what :func:`add_arguments` adds.

    Returns:
        pd.DataFrame: A row for each number of processes and way to train. The bytes
        are those that a process hands to the collectives in a step, counted in a
        trace, and ``in the model`` what :func:`~.communication.collectives_of` says;
        the milliseconds are from the start to the end of each collective, with the
        wait for others, and may overlap with the backward pass.

    Raises:
        UserError: If a number is less than 1.
    """
    for name in ('batch', 'steps', 'repeats'):
        if getattr(args, name) < 1:
            raise UserError(f'--{name} must be at least 1, not {getattr(args, name)}.')
    if min(args.processes) < 1:
        raise UserError(f'--processes must be at least 1, not {min(args.processes)}.')
    cfg = load_training_config(args.config)
    sizes = sizes_of(cfg, args.batch, args.image_size)
    ways = [(p, together) for p in args.processes for together in (False, True)]
    ways = [(p, together) for p, together in ways if p > 1 or not together]
    seconds: dict[tuple[int, bool], list[float]] = {way: [] for way in ways}
    traffic = {}
    for _ in range(args.repeats):
        for way in ways:  # in turn, so that a noisy neighbour hits all alike
            result = run_processes(cfg, *way, args.batch, args.image_size, args.steps)
            seconds[way].append(result['seconds'])
            traffic[way] = result['traffic']

    reference = statistics.median(seconds[ways[0]])
    kinds = {'all_reduce': 'gradients', 'all_to_all': 'exchange', 'all_gather': 'keys'}
    in_model = sum(collective.payload for collective in collectives_of(sizes))
    rows = []
    for way in ways:
        median = statistics.median(seconds[way])
        processes, together = way
        counted = traffic[way]
        rows.append(
            {
                'processes': processes,
                'training': 'together' if together else 'apart',
                'seconds a step': median,
                'ratio': median / reference,
                'images/s': processes * args.batch / median,
                **{f'{k}, MB': counted['bytes'][e] / 1e6 for e, k in kinds.items()},
                'in the model, MB': in_model / 1e6 if together else 0.0,
                **{f'{k}, ms': 1e3 * counted['seconds'][e] for e, k in kinds.items()},
                'repeats': args.repeats,
            }
        )
    return pd.DataFrame(rows)


def run_processes(
    cfg: Config, processes: int, together: bool, batch: int, image_size: int, steps: int
) -> dict:
    """Train a few steps in several processes.

    Args:
        cfg (Config): What to train.
        processes (int): How many at the same time.
        together (bool): Whether they train one model, or each its own.
        batch (int): Images of each.
        image_size (int): Height and width of the views.
        steps (int): How many to time, after two to warm up.

    Returns:
        dict: ``seconds``, the median step of the first process, and ``traffic``, what
        :func:`traffic_of` says of one more step of it.
    """
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        # Forked: a fresh process would import everything anew, for many seconds.
        multiprocessing.start_processes(
            _train,
            args=(processes, together, port, cfg, batch, image_size, steps, folder),
            nprocs=processes,
            start_method='fork',
        )
        return json.loads(Path(folder, 'result.json').read_text())


def _train(
    rank: int,
    processes: int,
    together: bool,
    port: int,
    cfg: Config,
    batch: int,
    image_size: int,
    steps: int,
    folder: str,
) -> None:
    """What each process does."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    store = dist.TCPStore('127.0.0.1', port, processes, is_master=rank == 0)
    if together:
        dist.init_process_group('gloo', store=store, rank=rank, world_size=processes)
    step = _training_step(cfg, batch, image_size, together)
    durations = []
    for number in range(2 + steps):
        _wait_for_all(store, processes, number)
        start = time.perf_counter()
        step()
        durations.append(time.perf_counter() - start)

    _wait_for_all(store, processes, 2 + steps)
    if rank > 0:
        step()
    else:
        with make_profiler(record_shapes=True) as profiler:
            step()
        trace = Path(folder, 'trace.json')
        profiler.export_chrome_trace(str(trace))
        result = dict(
            seconds=statistics.median(durations[2:]), traffic=traffic_of(trace)
        )
        Path(folder, 'result.json').write_text(json.dumps(result))
    _wait_for_all(store, processes, 3 + steps)
    if together:
        dist.destroy_process_group()


def _wait_for_all(store: dist.Store, processes: int, number: int) -> None:
    """Start a step at the same time, also where there is no process group."""
    if store.add(f'at {number}', 1) == processes:
        store.set(f'go {number}', '')
    store.wait([f'go {number}'])


def _training_step(
    cfg: Config, batch: int, image_size: int, together: bool
) -> Callable[[], object]:
    """The step of mmengine's training loop, on random images."""
    model = MODELS.build(cfg.model)
    if together:
        model = MMDistributedDataParallel(model, broadcast_buffers=False)
    model.train()
    optim_wrapper = build_optim_wrapper(model, cfg.optim_wrapper)
    samples = []
    for _ in range(batch):
        samples.append(SelfSupDataSample())
        samples[-1].set_metainfo(dict(view_boxes=torch.tensor([[0, 0, 1, 1.0]] * 2)))
    shape = (batch, 3, image_size, image_size)
    views = [torch.randint(0, 256, shape, dtype=torch.uint8) for _ in range(2)]
    data = dict(inputs=views, data_samples=samples)
    return lambda: model.train_step(data, optim_wrapper=optim_wrapper)


def traffic_of(trace: Path) -> dict[str, dict[str, float]]:
    """Read off a trace what went through gloo.

    Args:
        trace (Path): From PyTorch's profiler, with shapes.

    Returns:
        dict[str, dict[str, float]]: ``bytes``, ``seconds`` and ``calls`` by collective:
        ``all_reduce``, ``all_to_all`` and ``all_gather``.
    """
    result = {what: Counter() for what in ('bytes', 'seconds', 'calls')}
    for kind in ('all_reduce', 'all_to_all', 'all_gather'):
        for counter in result.values():
            counter[kind] = 0
    for event in json.loads(trace.read_text())['traceEvents']:
        match = GLOO_EVENT.fullmatch(event['name'])
        if match is None:
            continue
        kind = match[1]
        for shape, dtype in zip(
            event['args']['Input Dims'], event['args']['Input type'], strict=True
        ):
            if dtype != 'float':
                raise ValueError(f'gloo:{kind} of {dtype}: only float32 is counted.')
            result['bytes'][kind] += FLOAT * torch.Size(shape).numel()
        result['seconds'][kind] += event['dur'] / 1e6
        result['calls'][kind] += 1
    return result

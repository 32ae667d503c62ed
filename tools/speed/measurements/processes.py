"""Growth of the step time with the number of processes, through gloo.

Each process has its own batch and one thread. *Apart*, the processes train separate
models at the same time: they share the cores and send nothing. The additional time of a
step *together* is the cost of communication on this machine. *MB* is the number of
bytes that a process passes to the collectives in a step, counted in a trace, next to
the number of the model. *ms* is the time from the start to the end of each collective
in that trace, including the wait for other processes. The times overlap with each other
and with computing.
"""

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pandas as pd
import torch
import torch.distributed as dist
from mmengine.config import Config
from mmengine.model import MMDistributedDataParallel
from mmengine.optim import build_optim_wrapper
from rich.console import Console
from rich.progress import track
from torch import multiprocessing

from setsim_mm.engine.profiling import make_profiler
from setsim_mm.host import MODELS
from setsim_mm.utils.config_files import load_training_config
from setsim_mm.utils.errors import UserError

from .communication import collectives_of, sizes_of
from .methods import TrainingStep, random_batch
from .traffic import KINDS, traffic_of

WARMUP = 2  # steps
RESULT = 'result.json'


def measure(args: argparse.Namespace) -> pd.DataFrame:
    """Time a training step in several processes, together and apart.

    Returns:
        pd.DataFrame: A row for each number of processes, together and apart. ``in the
        model, MB`` is from :func:`~.communication.collectives_of`.

    Raises:
        UserError: If a number is less than 1, or the queue is shorter than a step.
    """
    for name in ('batch', 'steps', 'repeats', 'processes'):
        value = getattr(args, name)
        least = min(value) if isinstance(value, list) else value
        if least < 1:
            raise UserError(f'--{name} must be at least 1, not {least}.')
    cfg = load_training_config(args.config)
    images, length = args.batch * max(args.processes), cfg.model.get('queue_len')
    if length is not None and length < images:
        raise UserError(
            f'a step of {max(args.processes)} processes brings {images} keys, but the '
            f'queue holds {length}: lower --batch, or choose another --config.'
        )
    sizes = sizes_of(cfg, args.batch, args.image_size)
    ways = [(p, together) for p in args.processes for together in (False, True)]
    ways = [(p, together) for p, together in ways if p > 1 or not together]
    results: dict[tuple[int, bool], list[dict]] = {way: [] for way in ways}
    # In turn, so that other load affects all of them equally.
    for way in track(ways * args.repeats, 'Training', console=Console(stderr=True)):
        results[way].append(
            run_processes(cfg, *way, args.batch, args.image_size, args.steps)
        )

    in_model = sum(collective.payload for collective in collectives_of(sizes))
    rows = []
    for (processes, together), found in results.items():
        seconds, cpu = (
            statistics.median(result[clock] for result in found)
            for clock in ('seconds', 'CPU seconds')
        )
        traffic = found[-1]['traffic']
        rows.append(
            {
                'processes': processes,
                'training': 'together' if together else 'apart',
                'seconds a step': seconds,
                'ratio': seconds / rows[0]['seconds a step'] if rows else 1.0,
                'CPU seconds': cpu,
                'images/s': processes * args.batch / seconds,
                **{f'{k}, MB': traffic['bytes'][e] / 1e6 for e, k in KINDS.items()},
                'in the model, MB': in_model / 1e6 if together else 0.0,
                **{f'{k}, ms': 1e3 * traffic['seconds'][e] for e, k in KINDS.items()},
                'repeats': args.repeats,
            }
        )
    return pd.DataFrame(rows)


def run_processes(
    cfg: Config, processes: int, together: bool, batch: int, image_size: int, steps: int
) -> dict:
    """Train a few steps in several processes.

    Args:
        cfg (Config): Config to train.
        processes (int): Number of processes.
        together (bool): Whether they train one model, or each its own.
        batch (int): Images of each process.
        image_size (int): Height and width of the views.
        steps (int): Number of timed steps, after a few for warm-up.

    Returns:
        dict: Results of the first process: ``seconds`` and ``CPU seconds``, medians of
        the steps, and ``traffic``, the result of :func:`traffic_of` for another step.
    """
    # Not in the first process, because the others may wait for it when it ends.
    server = dist.TCPStore('127.0.0.1', 0, is_master=True, wait_for_workers=False)
    with tempfile.TemporaryDirectory() as folder:
        # Forked, because a new process would import everything again for seconds.
        multiprocessing.start_processes(
            _train,
            args=(
                processes,
                server.port,
                together,
                partial(_training_step, cfg, batch, image_size, together),
                steps,
                Path(folder),
            ),
            nprocs=processes,
            start_method='fork',
        )
        return json.loads((Path(folder) / RESULT).read_text())


def _train(
    rank: int,
    processes: int,
    port: int,
    together: bool,
    make_step: Callable[[], TrainingStep],
    steps: int,
    folder: Path,
) -> None:
    """Run the steps of one process. The first one writes the result."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    store = dist.TCPStore('127.0.0.1', port, is_master=False)
    if together:
        dist.init_process_group('gloo', store=store, rank=rank, world_size=processes)
    step = make_step()
    seconds, cpu_seconds = [], []
    for number in range(WARMUP + steps):
        _wait_for_all(store, processes, number)
        start, cpu_start = time.perf_counter(), time.process_time()
        step()
        seconds.append(time.perf_counter() - start)
        cpu_seconds.append(time.process_time() - cpu_start)

    _wait_for_all(store, processes, WARMUP + steps)
    if rank > 0:
        step()
    else:
        with make_profiler(record_shapes=True) as profiler:
            step()
        trace = folder / 'trace.json'
        profiler.export_chrome_trace(str(trace))
        result = {
            'seconds': statistics.median(seconds[WARMUP:]),
            'CPU seconds': statistics.median(cpu_seconds[WARMUP:]),
            'traffic': traffic_of(trace),
        }
        (folder / RESULT).write_text(json.dumps(result))
    _wait_for_all(store, processes, WARMUP + steps + 1)
    if together:
        dist.destroy_process_group()


def _wait_for_all(store: dist.Store, processes: int, number: int) -> None:
    """Wait until all processes have reached a step, without a process group."""
    if store.add(f'at {number}', 1) == processes:
        store.set(f'go {number}', '')
    store.wait([f'go {number}'])


def _training_step(
    cfg: Config, batch: int, image_size: int, together: bool
) -> TrainingStep:
    """Return the step of mmengine's training loop on random images."""
    model = MODELS.build(cfg.model)
    if together:
        model = MMDistributedDataParallel(model, broadcast_buffers=False)
    model.train()
    optim_wrapper = build_optim_wrapper(model, cfg.optim_wrapper)
    return TrainingStep(model, optim_wrapper, random_batch(batch, image_size))

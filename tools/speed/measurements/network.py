"""Estimate of the communication on many GPUs, from bytes and bandwidths.

Nothing is run. *Gbit/s* are those of a machine to the others, by all its cards, and
*network* is what leaves a machine in a step. The milliseconds of each purpose are as if
it had the network to itself; gradients travel during the backward pass, so that only a
part of theirs is *waiting*. *Computing* is the share of the step that is left of it.
"""

import argparse
import math
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from setsim_mm.utils.config_files import load_training_config
from setsim_mm.utils.errors import UserError

from .communication import Collective, StepSizes, collectives_of, sizes_of

GIGABIT = 1e9 / 8  # bytes


@dataclass(frozen=True)
class Network:
    """What connects the GPUs.

    Args:
        gpus_per_node (int): GPUs of a machine.
        within (float): Bytes a second that a GPU sends to others of its machine.
        between (float): Bytes a second that a machine sends to others, by all its
            network cards together.
        latency (float): Seconds until the first byte arrives.
    """

    gpus_per_node: int
    within: float
    between: float
    latency: float

    def crossing(self, collective: Collective, ranks: int) -> float:
        """Count the bytes that leave a machine in a step, on average.

        Args:
            collective (Collective): All its calls in a step.
            ranks (int): How many take part; they fill one machine after the other.

        Returns:
            float: 0 where one machine holds them all.
        """
        inside = min(ranks, self.gpus_per_node)
        nodes = ranks / inside
        machines = {
            'all-reduce': 2 * (nodes - 1) / nodes,  # rings through all machines
            'all-to-all': inside * (ranks - inside) / ranks,  # to ranks at random
            'all-gather': ranks - inside,  # each machine gets what it has not
        }
        return collective.payload * machines[collective.kind]

    def seconds(self, collective: Collective, ranks: int) -> float:
        """Estimate how long a collective takes, if it had the network to itself.

        The slower of the two levels sets the pace. No contention beyond that, no
        protocol, no waiting for slower ranks: a lower bound.

        Args:
            collective (Collective): All its calls in a step.
            ranks (int): How many take part.

        Returns:
            float: A step.
        """
        if ranks == 1:
            return 0.0
        # Trees up and down, and every rank to every other at once.
        depth = math.log2(ranks)
        hops = {'all-reduce': 2 * depth, 'all-to-all': 1, 'all-gather': depth}
        sending = max(
            collective.leaving(ranks) / self.within,
            self.crossing(collective, ranks) / self.between,
        )
        return sending + collective.calls * hops[collective.kind] * self.latency


@dataclass(frozen=True)
class Estimate:
    """The communication of a step.

    Args:
        seconds (dict[str, float]): By purpose, as if each had the network to itself.
        crossing (float): Bytes that leave a machine, on average.
        exposed (float): Seconds that the step takes longer.
    """

    seconds: dict[str, float]
    crossing: float
    exposed: float


def estimate(
    sizes: StepSizes,
    ranks: int,
    network: Network,
    compute: float,
    shuffle_ranks: int | None = None,
) -> Estimate:
    """Estimate what communication costs in a step.

    DistributedDataParallel reduces gradients while the backward pass goes on: only the
    last bucket, and what takes longer than the backward pass, is waited for. Everything
    else is waited for in full.

    Args:
        sizes (StepSizes): Of the step.
        ranks (int): Number of GPUs.
        network (Network): What connects them.
        compute (float): Seconds that a GPU computes in a step.
        shuffle_ranks (int, optional): How many ranks exchange images; see
            :class:`~setsim_mm.models.SetSim`. Defaults to None, all.

    Returns:
        Estimate: Of the step.
    """
    # A backward pass costs two forward passes; the keys' side has none.
    forwards = 2 * sizes.directions if sizes.has_queues else 2
    trained = sizes.directions if sizes.has_queues else 2
    backward = compute * 2 * trained / (forwards + 2 * trained)
    seconds: dict[str, float] = {}
    crossing = exposed = 0.0
    for collective in collectives_of(sizes):
        is_exchange = collective.kind == 'all-to-all'
        group = min(ranks, shuffle_ranks or ranks) if is_exchange else ranks
        crossing += network.crossing(collective, group)
        time = network.seconds(collective, group)
        seconds[collective.purpose] = seconds.get(collective.purpose, 0.0) + time
        if collective.purpose == 'gradients':
            exposed += max(time - backward, time / collective.calls)
        else:
            exposed += time
    return Estimate(seconds, crossing, exposed)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Give the command its options.

    Args:
        parser (ArgumentParser): The command's.
    """
    parser.add_argument(
        '--config', default='configs/selfsup/setsim_r50_200e_in1k.py', help='the model'
    )
    parser.add_argument('--batch', type=int, default=32, help='images of each GPU')
    parser.add_argument('--image-size', type=int, default=224, help='of a view')
    parser.add_argument('--amp', action='store_true', help='z in half precision')
    parser.add_argument('--gpus', type=int, nargs='+', default=[8, 64, 512])
    parser.add_argument('--gpus-per-node', type=int, default=8)
    parser.add_argument(
        '--within', type=float, default=200, help="a GPU's GB/s to its neighbours"
    )
    parser.add_argument(
        '--between',
        type=float,
        nargs='+',
        default=[100, 1600],
        help="a machine's Gbit/s to the others, all cards together",
    )
    parser.add_argument(
        '--latency', type=float, default=10, help='microseconds to the first byte'
    )
    parser.add_argument(
        '--compute',
        type=float,
        default=100,
        help='milliseconds a GPU computes in a step; measure yours',
    )


def measure(args: argparse.Namespace) -> pd.DataFrame:
    """Estimate step times on many GPUs; nothing is run.

    Args:
        args (Namespace): Of :func:`add_arguments`.

    Returns:
        pd.DataFrame: A row for each network, number of GPUs and way to shuffle: what
        leaves a machine, milliseconds of each purpose, those that the step takes
        longer, and the share of the step that is left to computing.

    Raises:
        UserError: If a number is not positive.
    """
    _require_positive(args)
    cfg = load_training_config(args.config)
    sizes = sizes_of(cfg, args.batch, args.image_size, args.amp)
    rows = []
    for between in args.between:
        network = Network(
            args.gpus_per_node,
            args.within * 1e9,
            between * GIGABIT,
            args.latency / 1e6,
        )
        for gpus in args.gpus:
            for group in _groups(sizes, gpus, args.gpus_per_node):
                found = estimate(sizes, gpus, network, args.compute / 1e3, group)
                total = args.compute / 1e3 + found.exposed
                rows.append(
                    {
                        'Gbit/s': between,
                        'GPUs': gpus,
                        'shuffle_ranks': group or 'all',
                        'network, MB': found.crossing / 1e6,
                        **{f'{k}, ms': 1e3 * v for k, v in found.seconds.items()},
                        'waiting, ms': 1e3 * found.exposed,
                        'computing, %': 100 * args.compute / 1e3 / total,
                        'images/s': gpus * sizes.batch / total,
                    }
                )
    return pd.DataFrame(rows)


def _groups(sizes: StepSizes, gpus: int, gpus_per_node: int) -> Sequence[int | None]:
    """Say among how many to exchange: all, and a machine's where those are fewer."""
    return (
        (None, gpus_per_node) if sizes.has_queues and gpus > gpus_per_node else [None]
    )


def _require_positive(args: argparse.Namespace) -> None:
    for name, value in vars(args).items():
        values = value if isinstance(value, list) else [value]
        for number in values:
            if isinstance(number, int | float) and not isinstance(number, bool):
                if number <= 0:
                    option = name.replace('_', '-')
                    raise UserError(f'--{option} must be positive, not {number}.')

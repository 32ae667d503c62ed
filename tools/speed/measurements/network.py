"""Estimate of the communication on many GPUs, from bytes and bandwidths.

No training is run. *Gbit/s* is the bandwidth of all network cards of a machine.
*Network* is the number of bytes that leave a machine in a step. The milliseconds of
each purpose assume that it uses the network alone. Gradients are sent during the
backward pass, so that only a part of their time is *waiting*. *Computing* is the share
of the step without waiting.
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
    """The network between the GPUs.

    Args:
        gpus_per_node (int): GPUs of a machine.
        within (float): Bytes per second from a GPU to others of its machine.
        between (float): Bytes per second from a machine to others, by all its network
            cards together.
        latency (float): Seconds until the first byte arrives.
    """

    gpus_per_node: int
    within: float
    between: float
    latency: float

    def crossing(self, collective: Collective, ranks: int) -> float:
        """Compute the mean number of bytes that leave a machine in a step.

        Args:
            collective (Collective): The collective with all its calls in a step.
            ranks (int): Number of ranks, which fill one machine after the other.

        Returns:
            float: Bytes; 0 for a single machine.
        """
        inside = min(ranks, self.gpus_per_node)
        nodes = ranks / inside
        machines = {
            'all-reduce': 2 * (nodes - 1) / nodes,  # rings through all machines
            'all-to-all': inside * (ranks - inside) / ranks,  # to ranks at random
            'all-gather': ranks - inside,  # each machine gets the others' values
        }
        return collective.payload * machines[collective.kind]

    def seconds(self, collective: Collective, ranks: int) -> float:
        """Estimate the time of a collective that uses the network alone.

        The slower of the two levels decides. This is a lower bound, without other
        contention, protocol overhead and waiting for slower ranks.

        Args:
            collective (Collective): The collective with all its calls in a step.
            ranks (int): Number of ranks.

        Returns:
            float: Seconds in a step.
        """
        if ranks == 1:
            return 0.0
        # Reduction and broadcast by trees; all-to-all sends directly.
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
        seconds (dict[str, float]): Time by purpose if each uses the network alone.
        crossing (float): Mean number of bytes that leave a machine.
        exposed (float): Seconds by which the step takes longer.
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
    """Estimate the communication of a step.

    DistributedDataParallel reduces gradients during the backward pass. The step waits
    only for the last bucket or for the time beyond the backward pass, whichever is
    longer. It waits for all other communication.

    Args:
        sizes (StepSizes): Sizes of the step.
        ranks (int): Number of GPUs.
        network (Network): The network between them.
        compute (float): Seconds that a GPU computes in a step.
        shuffle_ranks (int, optional): Number of ranks that exchange images; see
            :class:`~setsim_mm.models.SetSim`. Defaults to None, all.

    Returns:
        Estimate: The estimate.
    """
    # A backward pass costs two forward passes; the key side has no backward pass.
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


def measure(args: argparse.Namespace) -> pd.DataFrame:
    """Estimate step times on many GPUs.

    Returns:
        pd.DataFrame: A row for each network, number of GPUs and shuffle group.

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
    """Return the shuffle groups: all ranks, and those of one machine if fewer."""
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

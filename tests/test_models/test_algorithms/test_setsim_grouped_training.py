"""20 steps of the authors' run with BatchNorm in groups, against plain torch.

The reference encodes each group by itself. Losses, weights and queues are compared; its
BatchNorm statistics move group by group, ours once a step (test_grouped_batch_norm.py).
"""

from collections.abc import Iterable, Iterator

import torch

from .reference_setsim import Encoded, ReferenceSetSim
from .tiny_setsim import reference, train_ours
from .training_runs import (
    IMAGES,
    Record,
    assert_agreement,
    differences,
    drawn_batches,
    first_disagreement,
    records_of,
)

GROUP, TOLERANCE = 2, 1e-12


class GroupedReference(ReferenceSetSim):
    """Queries in groups of every G-th image, keys in those of a drawn order."""

    orders: Iterator[torch.Tensor]  # of the images of each key view

    def query(self, view):
        return in_groups(self.networks, view)

    def key(self, view):
        order = next(self.orders)
        shuffled = in_groups(self.key_encoder, view[order])
        return Encoded(*(tensor[order.argsort()] for tensor in shuffled))


def in_groups(encoder, view) -> Encoded:
    """Encode each group of images separately."""
    number = len(view) // GROUP
    groups = [encoder(view[first::number]) for first in range(number)]
    parts = zip(*groups, strict=True)
    return Encoded(*(torch.stack(part, dim=1).flatten(0, 1) for part in parts))


def theirs(orders: Iterable[torch.Tensor]) -> Iterator[Record]:
    """The records of the reference with the given orders of the keys."""
    grouped = reference(GroupedReference)
    grouped.orders = iter(orders)
    return without_statistics(records_of(grouped, drawn_batches()))


def without_statistics(records: Iterable[Record]) -> Iterator[Record]:
    """Remove the running statistics of BatchNorm."""
    return (
        {
            name: value
            for name, value in record.items()
            if not name.endswith(('running_mean', 'running_var', 'num_batches_tracked'))
        }
        for record in records
    )


def test_every_step_agrees():
    run, orders = train_ours(torch.float64, GROUP)
    ours = without_statistics(run.records)
    assert_agreement(differences(ours, theirs(orders)), TOLERANCE)


def test_other_groups_of_keys_disagree():
    run, orders = train_ours(torch.float64, GROUP)
    ours = without_statistics(run.records)
    unshuffled = [torch.arange(IMAGES) for _ in orders]
    assert first_disagreement(differences(ours, theirs(unshuffled)), 1e-5)

"""The time estimate: closed forms, and properties of all networks."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from measurements import network
from measurements.communication import Collective, StepSizes
from measurements.network import Network, estimate, measure
from setsim_mm.utils import UserError
from tests.test_tools.training_helpers import REPO

from .arguments import arguments_of

NETWORK = Network(gpus_per_node=8, within=100.0, between=200.0, latency=0.0)
SIZES = StepSizes(
    batch=4,
    image=1000,
    feature_map=500,
    positions=5,
    dim=10,
    parameters=10_000,
    directions=2,
    has_queues=True,
)
KINDS = ('all-reduce', 'all-to-all', 'all-gather')


@pytest.mark.parametrize(
    ('kind', 'ranks', 'seconds'),
    [
        ('all-reduce', 4, 1000 * 2 * 3 / 4 / 100),  # within a machine
        ('all-reduce', 16, 1000 * 2 * 15 / 16 / 100),  # this level is slower
        ('all-to-all', 8, 1000 * 7 / 8 / 100),
        ('all-to-all', 16, 8 * 1000 * 8 / 16 / 200),  # half of eight GPUs' images
        ('all-gather', 16, 1000 * 15 / 100),
        ('all-gather', 64, 1000 * 63 / 100),
    ],
)
def test_seconds_by_hand(kind, ranks, seconds):
    collective = Collective('any', kind, calls=3, payload=1000)

    assert NETWORK.seconds(collective, ranks) == pytest.approx(seconds)


def test_bytes_that_leave_a_machine():
    """With two machines of eight GPUs, half of the bytes stay in their machine."""
    payload = dict(calls=1, payload=1000)
    crossing = {
        kind: NETWORK.crossing(Collective('any', kind, **payload), 16) for kind in KINDS
    }

    assert crossing == {
        'all-reduce': 1000,  # its half of the sum, and the sum of its half
        'all-to-all': 8 * 1000 / 2,
        'all-gather': 8 * 1000,
    }


def test_latency_of_each_call():
    network = replace(NETWORK, latency=0.5)
    hops = {'all-reduce': 2 * 3, 'all-to-all': 1, 'all-gather': 3}
    for kind, number in hops.items():
        nothing = Collective('any', kind, calls=7, payload=0)
        assert network.seconds(nothing, 8) == pytest.approx(7 * number * 0.5)


@given(
    kind=st.sampled_from(KINDS),
    nodes=st.integers(1, 64),
    faster=st.floats(1, 100),
    level=st.sampled_from(['within', 'between']),
)
def test_better_networks_and_fewer_machines_are_never_slower(
    kind, nodes, faster, level
):
    collective = Collective('any', kind, calls=2, payload=10**6)
    network = replace(NETWORK, latency=1e-3)
    better = replace(network, **{level: getattr(network, level) * faster})
    seconds = network.seconds(collective, 8 * nodes)

    assert better.seconds(collective, 8 * nodes) <= seconds * (1 + 1e-9)
    assert network.seconds(collective, 8 * (nodes + 1)) >= seconds


def test_one_gpu_sends_nothing():
    alone = estimate(SIZES, 1, NETWORK, compute=1.0)

    assert alone.exposed == alone.crossing == 0


def test_only_the_last_bucket_of_gradients_is_waited_for():
    """The backward pass is half of a step: 2·2 of 2 + 2 + 2·2 forward passes."""
    sizes = replace(SIZES, parameters=10 * 2**20)  # 40 MiB: three buckets
    alone = estimate(sizes, 8, NETWORK, compute=0.0)
    gradients = alone.seconds['gradients']
    others = sum(alone.seconds.values()) - gradients

    def exposed(compute):
        return estimate(sizes, 8, NETWORK, compute).exposed - others

    assert alone.exposed == pytest.approx(gradients + others)
    assert exposed(gradients) == pytest.approx(gradients / 2)
    assert exposed(10 * gradients) == pytest.approx(gradients / 3)


def test_with_groups_of_a_machine_images_stay_in_it():
    everywhere = estimate(SIZES, 64, NETWORK, compute=1.0)
    in_machines = estimate(SIZES, 64, NETWORK, compute=1.0, shuffle_ranks=8)
    one_machine = estimate(SIZES, 8, NETWORK, compute=1.0)

    for purpose in ('images', 'encodings'):
        assert in_machines.seconds[purpose] == one_machine.seconds[purpose]
        assert in_machines.seconds[purpose] < everywhere.seconds[purpose]
    assert one_machine.crossing == 0 < in_machines.crossing < everywhere.crossing
    for purpose in ('gradients', 'queues'):
        assert in_machines.seconds[purpose] == everywhere.seconds[purpose]


def arguments(*options):
    config = REPO / 'configs/selfsup/demo_r18.py'
    return arguments_of(network, '--config', config, *options)


def test_table():
    table = measure(arguments('--gpus', '8', '64', '--between', '100'))

    assert table[['GPUs', 'shuffle_ranks']].values.tolist() == [
        [8, 'all'],
        [64, 'all'],
        [64, 8],
    ]
    step = 0.1 + table['waiting, ms'] / 1e3
    assert (table['images/s'] * step).tolist() == pytest.approx(
        [8 * 32, 64 * 32, 64 * 32]
    )
    assert (table['computing, %'] * step).tolist() == pytest.approx([10] * 3)


@pytest.mark.parametrize('option', ['batch', 'compute', 'between', 'gpus'])
def test_a_number_that_is_not_positive_is_an_error(option):
    with pytest.raises(UserError, match=f'--{option} .*positive, not 0'):
        measure(arguments(f'--{option}', '0'))

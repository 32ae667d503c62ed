"""Bytes of a step by hand, from the configs, and in two processes."""

import pytest
from mmengine.config import Config

from measurements.communication import Collective, StepSizes, collectives_of, sizes_of
from measurements.processes import run_processes
from setsim_mm.utils import UserError, load_training_config
from tests.test_engine.training_runs import MODELS, RESNET
from tests.test_tools.training_helpers import REPO

CONFIGS = REPO / 'configs/selfsup'
SIZES = StepSizes(
    batch=3,
    image=3 * 8 * 8,
    feature_map=10 * 2 * 2,
    positions=4,
    dim=5,
    parameters=7,
    directions=2,
    has_queues=True,
)


def test_bytes_by_hand():
    assert collectives_of(SIZES) == [
        Collective('gradients', 'all-reduce', calls=1, payload=7 * 4),
        # Of two views of three images: z, one vector and four vectors.
        Collective('images', 'all-to-all', calls=2, payload=2 * 3 * 192 * 4),
        Collective(
            'encodings', 'all-to-all', calls=6, payload=2 * 3 * (40 + 5 + 20) * 4
        ),
        Collective('queues', 'all-gather', calls=4, payload=2 * 2 * 3 * 5 * 4),
    ]


def test_half_precision_halves_only_z():
    sizes = StepSizes(**{**vars(SIZES), 'map_value': 2})

    assert collectives_of(sizes)[2].payload == 2 * 3 * (40 * 2 + (5 + 20) * 4)


def test_statistics_of_synchronised_batch_norm():
    sizes = StepSizes(**{**vars(SIZES), 'has_queues': False, 'norms': (16, 32)})

    gradients, gathered, reduced = collectives_of(sizes)

    # Twice two layers: mean and deviation of each channel, and one count.
    assert gathered == Collective(
        'statistics', 'all-gather', calls=4, payload=2 * (33 + 65) * 4
    )
    assert reduced == Collective(
        'statistics', 'all-reduce', calls=4, payload=2 * (32 + 64) * 4
    )
    assert gradients.purpose == 'gradients'


@pytest.mark.parametrize(
    ('kind', 'ranks', 'leaving'),
    [
        ('all-reduce', 2, 100),  # half of the addends, and half of the sums
        ('all-reduce', 4, 150),
        ('all-to-all', 2, 50),  # half of the images stay
        ('all-to-all', 4, 75),
        ('all-gather', 4, 300),
        *[(kind, 1, 0) for kind in ('all-reduce', 'all-to-all', 'all-gather')],
    ],
)
def test_bytes_that_leave_a_rank(kind, ranks, leaving):
    assert Collective('any', kind, calls=1, payload=100).leaving(ranks) == leaving


def test_sizes_of_the_papers_settings():
    sizes = sizes_of(load_training_config(f'{CONFIGS}/setsim_r50_200e_in1k.py'))

    # ResNet-50 without its classifier, and two projectors 2048-2048-128 with biases.
    projector = 2048 * 2048 + 2048 + 2048 * 128 + 128
    assert sizes == StepSizes(
        batch=32,
        image=150528,
        feature_map=2048 * 49,
        positions=49,
        dim=128,
        parameters=23508032 + 2 * projector,
        directions=2,
        has_queues=True,
    )


def test_sizes_of_simsiam():
    cfg = load_training_config(f'{CONFIGS}/setsim_simsiam_r50_200e_in1k.py')

    sizes = sizes_of(cfg, batch=4, image_size=64)

    assert not sizes.has_queues and sizes.batch == 4 and sizes.positions == 4
    # ResNet-50 has 53 norms, two projectors three each, two predictors one each.
    assert len(sizes.norms) == 53 + 6 + 2 and sum(sizes.norms[:53]) == 26560


def test_another_algorithm_is_an_error():
    cfg = load_training_config(f'{CONFIGS}/mocov2_r50_200e_in1k.py')

    with pytest.raises(UserError, match='GroupedMoCo'):
        sizes_of(cfg)


@pytest.mark.parametrize('symmetric', [True, False])
def test_two_processes_send_the_bytes_of_the_model(symmetric):
    cfg = Config(
        dict(
            model=dict(
                **MODELS['SetSim'],
                backbone=RESNET,
                symmetric=symmetric,
                queue_len=16,
                feat_dim=8,
            ),
            train_dataloader=dict(batch_size=3),
            optim_wrapper=dict(type='OptimWrapper', optimizer=dict(type='SGD', lr=0.1)),
        )
    )
    expected = {}
    for collective in collectives_of(sizes_of(cfg, image_size=64)):
        kind = collective.kind.replace('-', '_')
        payload, calls = expected.get(kind, (0, 0))
        expected[kind] = payload + collective.payload, calls + collective.calls

    traffic = run_processes(cfg, 2, True, batch=3, image_size=64, steps=1)['traffic']

    assert {
        kind: (traffic['bytes'][kind], traffic['calls'][kind])
        for kind in traffic['bytes']
    } == expected

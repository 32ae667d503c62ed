"""The cost of BatchNorm in groups."""

import numpy as np
import pytest

from measurements import groups, methods
from setsim_mm.models.utils import GroupedBatchNorm
from tests.test_tools.test_speed.arguments import parsed
from tests.test_tools.training_helpers import REPO

TINY = (
    '--configs', f'{REPO}/configs/selfsup', '--sizes', '32', '64', '--batch', '4',
    '--queue', '16', '--return-memory',
)  # fmt: skip


def test_a_row_for_each_size():
    table = groups.measure(parsed(groups, *TINY, '--repeats', '1'))
    assert table['pixels'].tolist() == [32, 64]
    assert (table['whole batch, s'] > 0).all()
    ratio = table['groups, s'] / table['whole batch, s']
    assert table['percent more'].tolist() == pytest.approx((100 * (ratio - 1)).tolist())


def test_ratios_are_those_of_neighbouring_steps(monkeypatch):
    seconds = {
        groups.WHOLE_BATCH: [1.0, 2.0, 4.0, 1.0, 10.0],
        groups.IN_GROUPS: [1.1, 2.0, 4.8, 1.3, 14.0],
    }
    monkeypatch.setattr(groups, 'time_in_turn', lambda *_, **__: seconds)
    row = groups.measure(parsed(groups, *TINY)).iloc[0]
    assert row['percent more'] == pytest.approx(20)
    assert row[['quartile 1', 'quartile 3']].tolist() == pytest.approx([10, 30])
    assert row['whole batch, s'] == np.median(seconds[groups.WHOLE_BATCH])


@pytest.mark.parametrize(
    ('method', 'in_groups'), [(groups.WHOLE_BATCH, False), (groups.IN_GROUPS, True)]
)
def test_only_one_of_the_models_has_groups(method, in_groups):
    args = parsed(groups, *TINY)
    args.size = 32
    model = methods.build_step(method, args).model
    norms = [isinstance(m, GroupedBatchNorm) for m in model.modules()]
    assert any(norms) == in_groups
    assert args.depth == 18 and model.neck.in_channels == 512

import torch

from setsim_mm.utils.state_dict_mismatch import state_dict_mismatches


def test_every_kind_of_mismatch_is_listed():
    wanted = {
        'fits': torch.ones(2),
        'gone': torch.ones(2),
        'shape': torch.ones(2, 3),
        'scalar': torch.tensor(1),
        'any': None,
        'absent': None,
    }
    weights = {
        'shape': torch.ones(3, 2),
        'new': torch.ones(1),
        'fits': torch.zeros(2),
        'scalar': torch.ones(1),
        'any': torch.ones(7),
    }
    assert state_dict_mismatches(wanted, weights) == [
        'gone is missing',
        'shape is 3x2 and not 2x3',
        'scalar is 1 and not a scalar',
        'absent is missing',
        'new is not known',
    ]


def test_only_the_count_of_batches_may_be_missing():
    count = {'bn1.num_batches_tracked': torch.tensor(3)}
    assert state_dict_mismatches(count, {}) == []
    assert state_dict_mismatches({}, count) == ['bn1.num_batches_tracked is not known']

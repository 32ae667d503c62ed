"""Bitwise comparison of trainings and checkpoints."""

import pytest
import torch
from attacks.comparison import (
    differences,
    first_difference,
    is_finite,
    same_checkpoint,
    whole_checkpoints,
)


def checkpoint(step: int = 4) -> dict:
    return dict(
        state_dict=dict(weight=torch.tensor([1.0, 0.0]), steps=torch.tensor(step)),
        optimizer=dict(state={0: torch.ones(2)}, param_groups=[dict(lr=0.1)]),
        param_schedulers=[dict(last_step=step)],
        meta=dict(iter=step),
    )


@pytest.mark.parametrize(
    'other',
    [
        torch.tensor([1.0, -0.0]),  # one bit
        torch.tensor([1.0, 0.0], dtype=torch.float64),
        torch.tensor([[1.0, 0.0]]),
        torch.tensor([0x3F800000, 0], dtype=torch.int32),  # the same bits
        [1.0, 0.0],
    ],
)
def test_a_tensor_differs_by_bits_type_and_shape(other):
    assert differences(torch.tensor([1.0, 0.0]), other, 'here') == ['here']


def test_nan_equals_itself():
    assert differences(torch.tensor([torch.nan]), torch.tensor([torch.nan])) == []


def test_differences_have_their_places():
    one, other = checkpoint(4), checkpoint(5)

    assert differences(one, checkpoint(4)) == []
    assert differences(one, other, 'file') == [
        'file.state_dict.steps',
        'file.param_schedulers[0].last_step',
        'file.meta.iter',
    ]
    del other['meta']
    assert differences(one, other, 'file') == ['file']


def test_checkpoints_are_compared_by_their_state(tmp_path):
    paths = [tmp_path / f'{number}.pth' for number in range(3)]
    torch.save({**checkpoint(), 'message_hub': 1}, paths[0])
    torch.save({**checkpoint(), 'message_hub': 2}, paths[1])
    torch.save(checkpoint(5), paths[2])

    assert same_checkpoint(paths[0], paths[1]) is None
    assert 'state_dict.steps' in same_checkpoint(paths[0], paths[2])


def test_the_first_step_that_differs_is_named():
    reference = [dict(step=n, batch=f'b{n}', state=f's{n}') for n in (1, 2, 3)]

    assert first_difference(reference, reference) is None
    assert first_difference(reference[1:2], reference) is None
    changed = [*reference[:2], dict(reference[2], state='other')]
    assert first_difference(changed, reference) == 'the state of step 3 differs'
    changed[1] = dict(reference[1], batch='other')
    assert first_difference(changed, reference) == 'the batch of step 2 differs'
    assert '4' in first_difference([dict(reference[0], step=4)], reference)


def test_only_readable_checkpoints_are_returned(tmp_path):
    torch.save(checkpoint(8), tmp_path / 'epoch_2.pth')
    content = (tmp_path / 'epoch_2.pth').read_bytes()
    (tmp_path / 'epoch_3.pth').write_bytes(content[: len(content) // 2])
    (tmp_path / 'epoch_4.pth').write_bytes(b'')

    assert whole_checkpoints(tmp_path) == {'epoch_2.pth': 8}


def test_a_checkpoint_with_an_infinite_number_is_not_finite(tmp_path):
    good, bad = checkpoint(), checkpoint()
    bad['optimizer']['state'][0][1] = torch.inf
    torch.save(good, tmp_path / 'good.pth')
    torch.save(bad, tmp_path / 'bad.pth')

    assert is_finite(tmp_path / 'good.pth')
    assert not is_finite(tmp_path / 'bad.pth')

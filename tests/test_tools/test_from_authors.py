"""tools/model_converters/from_authors.py, and a training from its file."""

import pytest
import torch

from tests.authors_checkpoint import write_authors_checkpoint

from .training_helpers import (
    assert_same,
    checkpoint_of,
    run_python,
    write_tiny_config,
)

TOOL = 'tools/model_converters/from_authors.py'
# The widths of their projectors, and a rate of 0, so that weights can be compared.
LIKE_THEIRS = """
model.update(
    neck=dict(in_channels=512, hid_channels=512, out_channels=128), feat_dim=128
)
optim_wrapper = dict(optimizer=dict(lr=0.0))
train_cfg = dict(max_epochs=1)
"""


@pytest.fixture(scope='module')
def converted(tmp_path_factory):
    """The weights of an authors' checkpoint, and the converted file."""
    folder = tmp_path_factory.mktemp('converted')
    weights, _ = write_authors_checkpoint(folder / 'their checkpoint.pth')
    done = run_python(
        TOOL, 'their checkpoint.pth', 'out/ours.pth', cwd=folder, new_interpreter=True
    )
    assert done.stdout == 'Converted checkpoint: out/ours.pth\n'
    assert done.stderr == ''
    return weights, folder / 'out' / 'ours.pth'


def test_reverse_conversion(converted, tmp_path):
    weights, path = converted

    done = run_python(TOOL, path, 'theirs.pth', '--reverse', cwd=tmp_path)

    assert done.stdout == 'Converted checkpoint: theirs.pth\n'
    written = torch.load(tmp_path / 'theirs.pth', weights_only=True)
    assert_same(dict(state_dict=weights), written)


def test_training_starts_from_both_encoders(converted, tmp_path):
    weights, path = converted
    config = write_tiny_config(tmp_path, LIKE_THEIRS)

    run_python(
        'tools/train.py', config, '--cfg-options', f'load_from={path}', cwd=tmp_path
    )

    after = checkpoint_of(tmp_path / 'work_dirs/tiny', 1)['state_dict']
    query, key = (weights[f'module.encoder_{side}.0.conv1.weight'] for side in 'qk')
    assert torch.equal(after['backbone.conv1.weight'], query)
    torch.testing.assert_close(  # two steps
        after['momentum_encoder.backbone.conv1.weight'],
        query + 0.999**2 * (key - query),
    )


def test_another_checkpoint_is_an_error_of_one_line(finished_run, tmp_path):
    checkpoint = finished_run.work_dir / 'epoch_2.pth'

    done = run_python(TOOL, checkpoint, 'a.pth', cwd=tmp_path, expect=1)

    assert done.stderr.startswith(f'Error: {str(checkpoint)!r} ')
    assert done.stderr.count('\n') == 1
    assert not (tmp_path / 'a.pth').exists()

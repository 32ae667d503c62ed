import random
import shutil

import pytest
import torch

from setsim_mm.utils import UserError
from setsim_mm.utils.resuming import newest_whole_checkpoint, require_resumable
from setsim_mm.utils.untrusted_files import damage_of


def save(path, steps, **more):
    """Write a small training checkpoint."""
    torch.manual_seed(steps)
    checkpoint = dict(
        meta=dict(iter=steps, epoch=steps // 10),
        state_dict=dict(weight=torch.randn(50, 20)),
        optimizer=dict(state={}),
        message_hub=dict(log_scalars={}),
        **more,
    )
    torch.save(checkpoint, path)
    return path


@pytest.fixture
def folder(tmp_path):
    """Three checkpoints; neither name nor time shows which one is the newest."""
    save(tmp_path / 'epoch_9.pth', 10)
    save(tmp_path / 'iter_30.pth', 30)
    save(tmp_path / 'interrupted_iter_25.pth', 25)
    return tmp_path


@pytest.mark.parametrize('pointer', [None, '', 'garbage\0', 'epoch_9.pth', '/no.pth'])
def test_newest_is_found_by_content_with_any_pointer(folder, pointer):
    if pointer is not None:
        (folder / 'last_checkpoint').write_text(pointer)

    found = newest_whole_checkpoint(folder)

    assert found.checkpoint == folder / 'iter_30.pth' and found.broken == []


def test_damaged_checkpoints_are_skipped_and_reported(folder):
    newest, middle = folder / 'iter_30.pth', folder / 'interrupted_iter_25.pth'
    newest.write_bytes(newest.read_bytes()[:-500])
    content = bytearray(middle.read_bytes())
    place = content.find(torch.load(middle)['state_dict']['weight'].numpy().tobytes())
    content[place + 5] ^= 255
    middle.write_bytes(content)

    found = newest_whole_checkpoint(folder)

    assert found.checkpoint == folder / 'epoch_9.pth'
    assert [any(p.name in text for text in found.broken) for p in (newest, middle)]
    assert len(found.broken) == 2


class Program:
    """An object that runs a program when it is unpickled."""

    def __reduce__(self):
        return exec, ("raise SystemExit('executed')",)


def test_newest_checkpoint_with_code_is_skipped(folder):
    save(folder / 'iter_40.pth', 40, more=Program())

    found = newest_whole_checkpoint(folder)

    assert found.checkpoint.name == 'iter_30.pth' and 'iter_40.pth' in found.broken[0]
    with pytest.raises(UserError, match=r'iter_40\.pth'):
        require_resumable(folder / 'iter_40.pth')


def test_folder_without_an_undamaged_checkpoint(tmp_path):
    (tmp_path / 'epoch_1.pth').write_bytes(b'')

    found = newest_whole_checkpoint(tmp_path)

    assert found.checkpoint is None and 'epoch_1.pth' in found.broken[0]
    assert newest_whole_checkpoint(tmp_path / 'nothing').broken == []


def test_scheduled_checkpoint_has_priority(tmp_path):
    save(tmp_path / 'interrupted_iter_20.pth', 20)
    save(tmp_path / 'epoch_2.pth', 20)

    assert newest_whole_checkpoint(tmp_path).checkpoint.name == 'epoch_2.pth'


def test_weights_alone_are_not_resumable(tmp_path):
    torch.save(dict(state_dict={}, meta=dict(iter=99)), tmp_path / 'iter_99.pth')
    save(tmp_path / 'iter_3.pth', 3)

    found = newest_whole_checkpoint(tmp_path)

    assert found.checkpoint.name == 'iter_3.pth' and 'iter_99.pth' in found.broken[0]
    with pytest.raises(UserError, match='iter_99'):
        require_resumable(tmp_path / 'iter_99.pth')


def test_sixteen_inverted_bytes_are_detected_or_harmless(tmp_path):
    """At 200 random positions of the file."""
    path = save(tmp_path / 'whole.pth', 7)
    whole, expected = path.read_bytes(), torch.load(path)
    assert damage_of(path) is None
    rng, detected = random.Random(0), 0

    for _ in range(200):
        place = rng.randrange(len(whole) - 16)
        content = bytearray(whole)
        content[place : place + 16] = bytes(255 - b for b in whole[place : place + 16])
        damaged = tmp_path / 'damaged.pth'
        damaged.write_bytes(content)
        try:
            require_resumable(damaged)
        except UserError as error:
            assert 'damaged.pth' in str(error)
            detected += 1
            continue
        loaded = torch.load(damaged)
        assert loaded['meta'] == expected['meta']
        weights = [c['state_dict']['weight'] for c in (loaded, expected)]
        assert torch.equal(*weights)

    assert detected > 150


def test_error_names_a_missing_file(tmp_path):
    with pytest.raises(UserError, match=r'nothing\.pth'):
        require_resumable(tmp_path / 'nothing.pth')


def test_file_with_any_name_is_resumable(tmp_path):
    shutil.copy(save(tmp_path / 'iter_4.pth', 4), tmp_path / 'my copy')

    require_resumable(tmp_path / 'my copy')

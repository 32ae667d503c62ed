import signal
import sys
from pathlib import Path

import pytest
from mmengine import fileio

from setsim_mm.datasets.packed import PackedImages, packing
from tests.test_tools.training_helpers import (
    checkpoint_of,
    run_python,
    write_tiny_config,
)
from tools.datasets.pack_images import main


def pack(monkeypatch, *arguments: object) -> None:
    """Run the program in this process."""
    monkeypatch.setattr(sys, 'argv', ['pack_images.py', *map(str, arguments)])
    main()


@pytest.fixture
def images(tmp_path) -> Path:
    folder = tmp_path / 'train'
    folder.mkdir()
    for i in range(8):
        (folder / f'{i}.jpg').write_bytes(bytes([i]) * 2**18)
    return folder


@pytest.mark.parametrize('form', ['lmdb', 'tar'])
def test_number_size_and_folder_are_printed(images, monkeypatch, capsys, form):
    packed, listed = images.with_name('my images'), images.with_name('train.txt')
    listed.write_text('5.jpg 0\n2.jpg 0\n7.jpg 0\n6.jpg 0\n')
    options = ['--ann-file', listed, '--shard-size', 1, '--threads', 2]
    pack(monkeypatch, form, images, packed, *options)
    last = capsys.readouterr().out.splitlines()[-1]
    assert last == f'Packed 4 images, 1.1 MB: {packed}'
    uris = PackedImages(str(packed)).found()
    assert [fileio.get(uri)[0] for uri in uris] == [5, 2, 7, 6]
    assert len(list(packed.glob('*.tar'))) == (2 if form == 'tar' else 0)


def test_files_of_other_suffixes_are_packed_by_name(images, monkeypatch, capsys):
    packed = images.with_name('packed')
    for i in (3, 4):
        (images / f'{i}.npy').write_bytes(bytes([i]) * 16)
    pack(monkeypatch, 'tar', images, packed, '--suffixes', '.npy')
    assert capsys.readouterr().out.startswith('Packed 2 images')
    assert [fileio.get(uri)[0] for uri in PackedImages(str(packed)).found()] == [3, 4]


def test_an_existing_folder_is_an_error_of_one_line(images, monkeypatch, capsys):
    with pytest.raises(SystemExit) as ended:
        pack(monkeypatch, 'tar', images, images)
    assert ended.value.code == 1
    error = capsys.readouterr().err
    assert error.startswith('Error: ') and error.count('\n') == 1
    assert str(images) in error


def test_an_interrupt_leaves_no_files(images, monkeypatch, capsys):
    def interrupt(path: str) -> bytes:
        raise KeyboardInterrupt

    monkeypatch.setattr(packing, '_read', interrupt)
    with pytest.raises(SystemExit) as ended:
        pack(monkeypatch, 'tar', images, images.with_name('packed'))
    assert ended.value.code == 128 + signal.SIGINT
    assert capsys.readouterr().err.splitlines()[-1].startswith('Interrupted')
    assert [path.name for path in images.parent.iterdir()] == ['train']


@pytest.mark.slow
def test_training_on_packed_images_is_the_same(tmp_path):
    """With the setting and the command of docs/performance_reading.md."""
    config = write_tiny_config(tmp_path)
    weights = []
    for form in ('images', 'lmdb', 'tar'):
        if form != 'images':
            tool = 'tools/datasets/pack_images.py'
            run_python(tool, form, 'images', form, cwd=tmp_path)
        run_python(
            'tools/train.py',
            config,
            *('--work-dir', f'work_{form}', '--cfg-options'),
            f'train_dataloader.dataset.data_root={form}',
            *('train_dataloader.num_workers=2',),
            'train_dataloader.persistent_workers=True',
            cwd=tmp_path,
        )
        weights.append(checkpoint_of(tmp_path / f'work_{form}', 2)['state_dict'])
    for other in weights[1:]:
        assert other.keys() == weights[0].keys()
        assert all((other[name] == value).all() for name, value in weights[0].items())

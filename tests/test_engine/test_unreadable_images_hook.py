from types import SimpleNamespace

import pytest
from mmengine.logging import MMLogger
from mmselfsup.registry import HOOKS
from PIL import Image

from setsim_mm.datasets import UnlabeledImages


@pytest.fixture
def dataset(tmp_path):
    Image.new('RGB', (8, 8)).save(tmp_path / 'good.png')
    (tmp_path / 'bad.png').write_bytes(b'no image')
    return UnlabeledImages(
        data_root=str(tmp_path),
        max_unreadable_share=1,
        pipeline=[dict(type='LoadRGBImage')],
    )


def after_training_on(dataset, capsys):
    MMLogger.get_instance('unreadable')  # the current one: its console is stdout
    runner = SimpleNamespace(train_dataloader=SimpleNamespace(dataset=dataset))
    capsys.readouterr()
    HOOKS.build(dict(type='UnreadableImagesHook')).after_train(runner)
    printed = capsys.readouterr()
    return printed.out + printed.err


def test_says_how_many(dataset, capsys):
    for index in range(2):
        dataset[index]
    assert '1 of 2 images could not be read' in after_training_on(dataset, capsys)


def test_says_nothing_if_all_could_be_read(dataset, capsys):
    dataset[1]
    assert after_training_on(dataset, capsys) == ''


def test_any_data_set_will_do(capsys):
    assert after_training_on([1, 2, 3], capsys) == ''


def test_data_sets_inside_others_are_asked(dataset, capsys):
    for index in range(2):
        dataset[index]
    joined = SimpleNamespace(datasets=[dataset, [1, 2, 3]])
    repeated = SimpleNamespace(dataset=joined)
    assert '1 of 2 images could not be read' in after_training_on(repeated, capsys)

"""From a checkpoint to figures, on six images and a CPU."""

import json
import sys
from pathlib import Path

import pytest
import torch

from setsim_mm.transfer.finetuning import finetune, load_finetuning_config
from setsim_mm.utils import UserError
from tests.test_tools.training_helpers import REPO, free_port, run, run_python

from .checkpoints import backbone_of, resnet_weights, write
from .damage import cut
from .tiny_configs import TINY_C4, TINY_FCN
from .tiny_voc import write_tiny_voc

TOOL = 'tools/benchmarks/finetune.py'


@pytest.fixture(scope='module')
def folder(tmp_path_factory):
    """Data, configs and checkpoints."""
    folder = tmp_path_factory.mktemp('fine tuning')
    write_tiny_voc(folder / 'data')
    (folder / 'c4.py').write_text(TINY_C4)
    (folder / 'fcn.py').write_text(TINY_FCN)
    for depth in (18, 50):
        weights = resnet_weights(depth)
        named = {f'module.encoder_q.{name}': value for name, value in weights.items()}
        write(folder / f'moco{depth}.pth.tar', named)
    return folder


def last_scalars(work_dir: Path) -> dict:
    """Return the last values that the evaluation logged."""
    (log,) = work_dir.glob('*/vis_data/scalars.json')
    return json.loads(log.read_text().splitlines()[-1])


@pytest.mark.slow
def test_detector_trains_is_measured_and_starts_from_the_checkpoint(folder):
    done = run_python(TOOL, 'c4.py', 'moco50.pth.tar', '--work-dir', 'c4', cwd=folder)

    assert 'Finished. The last checkpoint: c4/iter_2.pth' in done.stdout
    assert 'trains with 2 images a step and not with the 16' in done.stdout
    assert done.stdout.count('BatchNorm statistics from 2 batches') == 1
    scalars = last_scalars(folder / 'c4')
    assert all(0 <= scalars[f'voc07/{name}'] <= 1 for name in ('AP', 'AP50', 'AP75'))
    assert 0 <= scalars['coco_style/bbox_mAP'] <= 1
    start = torch.load(folder / 'c4' / 'backbone.pth', weights_only=True)['state_dict']
    end = torch.load(folder / 'c4' / 'iter_2.pth', weights_only=False)['state_dict']
    for name, theirs in (
        ('conv1.weight', 'backbone.conv1.weight'),
        ('layer4.0.conv1.weight', 'roi_head.shared_head.layer4.0.conv1.weight'),
    ):
        assert torch.equal(start[name], resnet_weights()[name])
        step = (end[theirs] - start[name]).abs().max()
        assert 0 < step < start[name].abs().max()


@pytest.mark.slow
def test_fcn_trains_resumes_and_is_measured_again(folder):
    command = (TOOL, 'fcn.py', 'moco50.pth.tar', '--work-dir', 'fcn')
    run_python(*command, cwd=folder)
    before = last_scalars(folder / 'fcn')
    assert 0 <= before['mIoU'] <= 100

    refused = run_python(*command, cwd=folder, expect=1)
    assert 'holds this run already: add --resume' in refused.stderr
    resumed = run_python(*command, '--resume', cwd=folder)
    assert 'Resuming from fcn/iter_2.pth.' in resumed.stdout

    tested = run_python(
        TOOL, 'fcn.py', 'fcn/iter_2.pth', '--test', '--work-dir', 'test', cwd=folder
    )
    assert f'mIoU: {before["mIoU"]:.4f}' in tested.stdout.splitlines()[-1]

    # What has not been fine-tuned has no head, and would be measured at random.
    no_head = run_python(
        TOOL, 'fcn.py', 'fcn/backbone.pth', '--test', cwd=folder, expect=1
    )
    assert 'is no checkpoint of this benchmark' in no_head.stderr


@pytest.mark.slow
def test_two_processes_without_a_gpu(folder):
    done = run(
        REPO / 'tools/benchmarks/mmsegmentation/dist_train.sh',
        'fcn.py', 'random', 2, '--work-dir', 'two',
        cwd=folder, PORT=str(free_port()),
    )  # fmt: skip

    assert done.stdout.count('SyncBN works on GPUs only') == 1
    assert done.stdout.count('trains with 4 images a step') == 1
    assert done.stdout.count('Finished. The last checkpoint: two/iter_2.pth') == 1
    assert not (folder / 'two' / 'backbone.pth').exists()  # from random weights


@pytest.mark.slow
@pytest.mark.parametrize(('host', 'name'), [('mmdet', 'c4'), ('mmsegmentation', 'fcn')])
def test_mim_trains_the_configs_as_they_are(host, name, folder):
    write(folder / 'backbone.pth', backbone_of(resnet_weights()))

    done = run(
        Path(sys.executable).with_name('mim'), 'train', host, f'./{name}.py',
        '--launcher', 'none', '--gpus', '0', '--work-dir', f'mim_{name}',
        cwd=folder,
    )  # fmt: skip

    assert 'load model from: backbone.pth' in done.stdout
    assert (folder / f'mim_{name}' / 'iter_2.pth').is_file()


@pytest.fixture
def own_folder(tmp_path):
    """Data that a test may damage, and configs."""
    write_tiny_voc(tmp_path / 'data')
    (tmp_path / 'fcn.py').write_text(TINY_FCN)
    return tmp_path


@pytest.mark.slow
def test_damaged_image_is_replaced_in_training_and_ends_an_evaluation(own_folder):
    images = own_folder / 'data/VOCdevkit/VOC2012/JPEGImages'
    cut(images / 'c.jpg')  # 20 bytes: one of the four to train with
    command = (TOOL, 'fcn.py', 'random')

    refused = run_python(
        *command, '--work-dir', 'run', '--check-images', cwd=own_folder, expect=1
    )
    assert 'JPEGImages/c.jpg' in refused.stderr.splitlines()[-1]
    assert 'Traceback' not in refused.stderr
    assert not (own_folder / 'run').exists()

    done = run_python(
        *command, '--work-dir', 'run', '--cfg-options', 'train_cfg.max_iters=4',
        cwd=own_folder,
    )  # fmt: skip
    (log,) = (own_folder / 'run').glob('*/*.log')
    warnings = [line for line in log.read_text().splitlines() if 'WARNING' in line]
    assert sum('JPEGImages/c.jpg' in line for line in warnings) == 1
    assert any('1 of 4 images could not be read' in line for line in warnings)
    assert 'Finished. The last checkpoint: run/iter_4.pth' in done.stdout

    # The config that the run has left names the wrapped data sets.
    test = (TOOL, 'run/fcn.py', 'run/iter_4.pth', '--test', '--work-dir', 'test')
    tested = run_python(*test, cwd=own_folder)
    assert f'mIoU: {last_scalars(own_folder / "run")["mIoU"]:.4f}' in tested.stdout
    cut(images / 'f.jpg')
    ended = run_python(*test, cwd=own_folder, expect=1)
    assert 'JPEGImages/f.jpg' in ended.stderr.splitlines()[-1]
    assert 'Traceback' not in ended.stderr


@pytest.mark.slow
def test_data_of_which_nothing_is_there_are_refused(own_folder):
    ended = run_python(
        TOOL, 'fcn.py', 'random', '--work-dir', 'run',
        '--cfg-options', 'val_dataloader.dataset.img_suffix=.png',
        cwd=own_folder, expect=1,
    )  # fmt: skip
    last = ended.stderr.splitlines()[-1]
    assert last.startswith('Error: ') and 'Traceback' not in ended.stderr
    assert "'e.png'" in last and '*.jpg' in last and 'img_suffix' in last
    assert not list((own_folder / 'run').glob('iter_*.pth'))


def refused(cfg, checkpoint, folder) -> str:
    cfg.work_dir = str(folder / 'refused')
    with pytest.raises(UserError) as error:
        finetune(cfg, checkpoint)
    assert not (folder / 'refused').exists()
    return str(error.value)


@pytest.mark.parametrize('name', ['c4.py', 'fcn.py'])
def test_another_depth_is_refused_before_anything_is_written(name, folder):
    cfg = load_finetuning_config(str(folder / name))

    assert 'a ResNet-18 and not a ResNet-50' in refused(
        cfg, folder / 'moco18.pth.tar', folder
    )


def test_config_of_a_pretraining_is_refused():
    path = REPO / 'configs/selfsup/setsim_r50_200e_in100.py'

    with pytest.raises(UserError, match='choose one of configs/benchmarks'):
        load_finetuning_config(str(path))


SCRIPTS = sorted((REPO / 'tools/benchmarks').glob('mm*/*.sh'))


def test_all_scripts_are_here():
    assert len(SCRIPTS) == 8


@pytest.mark.parametrize('script', SCRIPTS, ids=lambda path: '/'.join(path.parts[-2:]))
def test_gpu_counts_that_are_none_are_refused(script, tmp_path):
    if script.name.startswith('dist'):
        done = run(script, 'c.py', 'c.pth', '0', cwd=tmp_path, expect=2)
        assert done.stderr.startswith('Error: GPUS ')
        assert "not '0'" in done.stderr and 'after CHECKPOINT' in done.stderr
    else:
        done = run(script, 'p', 'j', 'c.py', 'c.pth', cwd=tmp_path, expect=2, GPUS='0')
        assert done.stderr == "Error: GPUS must be a number of at least 1, not '0'.\n"
    usage = run(script, 'c.py', cwd=tmp_path, expect=2)
    assert usage.stderr.startswith(f'Usage: {script} ')

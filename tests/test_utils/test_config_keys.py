"""Keys of configs that nothing reads are errors; variables of configs are not."""

from pathlib import Path

import pytest
from mmengine.config import Config

from setsim_mm.utils import UserError, load_training_config
from setsim_mm.utils.config_files import read_config
from setsim_mm.utils.config_keys import require_read_keys, require_read_options
from setsim_mm.utils.config_merge import FOR_MODEL_TYPE

REPOSITORY = Path(__file__).parents[2]
OURS = [
    path
    for path in sorted((REPOSITORY / 'configs').rglob('*.py'))
    if path.parent.name != '_base_' and '_base_' not in path.parts[-3:-1]
]
BASE = """
model = dict(type='SetSim', queue_len=8)
side = 64
train_dataloader = dict(dataset=dict(pipeline=[dict(size=side)], size=side))
train_cfg = dict(max_epochs=1)
optim_wrapper = dict(type='OptimWrapper')
"""


def write(folder: Path, text: str = BASE, name: str = 'config.py') -> str:
    (folder / name).write_text(text)
    return str(folder / name)


@pytest.mark.parametrize('path', OURS, ids=lambda path: path.stem)
def test_our_configs_have_no_unread_keys(path):
    require_read_keys(read_config(str(path)))


@pytest.mark.parametrize(
    'path', sorted((REPOSITORY / 'configs').rglob('_base_/scales/*.py')), ids=str
)
def test_merged_configs_have_no_unread_keys(path):
    require_read_keys(read_config(str(path)), [FOR_MODEL_TYPE])


@pytest.mark.parametrize(
    ('key', 'meant'), [('modle.queue_len', 'model'), ('trian_cfg', 'train_cfg')]
)
def test_a_misspelt_option_is_an_error(tmp_path, key, meant):
    with pytest.raises(UserError, match=f"{key}.*did you mean '{meant}'"):
        load_training_config(write(tmp_path), {key: 64})


def test_an_option_for_a_used_variable_is_an_error(tmp_path):
    with pytest.raises(UserError, match=r"side=.*reads 'side'"):
        load_training_config(write(tmp_path), dict(side=32))
    options = {'train_dataloader.dataset.size': 32}
    assert load_training_config(write(tmp_path), options).train_dataloader.dataset.size


def test_places_of_a_variable_are_named():
    cfg = Config(dict(data_root='a', model=dict(data_root='a')))
    cfg = Config(cfg.to_dict(), cfg_text='data_root = 1\nmodel = dict(data_root)')
    with pytest.raises(UserError, match=r'set model\.data_root\.'):
        require_read_options(dict(data_root='b'), cfg)


@pytest.mark.parametrize(
    ('line', 'facts'),
    [
        ('modle = dict(queue_len=64)', "'modle'.*'model'"),
        ('seed = 3', "'seed'"),
        ('env_cfg = dict(cudn_benchmark=True)', "cudn_benchmark.*'cudnn_benchmark'"),
        ('auto_scale_lr = dict(enabel=True)', "enabel.*'enable'"),
    ],
)
def test_an_unread_key_of_a_file_is_an_error(tmp_path, line, facts):
    with pytest.raises(UserError, match=facts):
        load_training_config(write(tmp_path, f'{BASE}\n{line}\n'))


def test_free_and_used_names_are_allowed(tmp_path):
    load_training_config(write(tmp_path, f'{BASE}\n_own = 3\n'))


def test_variables_of_base_files_need_not_be_used(tmp_path):
    write(tmp_path, f'{BASE}\nlarge = dict(batch_size=64)\n', 'base.py')
    load_training_config(write(tmp_path, "_base_ = './base.py'\n"))


def test_the_config_of_a_run_may_have_its_variables(tmp_path):
    cfg = read_config(write(tmp_path, f'{BASE}\n'))
    cfg.left_over = 3
    cfg.size = 64  # a name that is the key of another part, too
    path = write(tmp_path, cfg.pretty_text, 'dumped.py')
    require_read_keys(read_config(path))
    with pytest.raises(UserError, match="'optim_wrapper'"):
        require_read_keys(
            read_config(write(tmp_path, 'optim_wraper = dict()\n', 'typo.py'))
        )


@pytest.mark.slow
@pytest.mark.parametrize('package', ['mmselfsup', 'mmdet', 'mmseg'])
def test_configs_of_packages_have_no_unread_keys(package):
    module = pytest.importorskip(package)
    checked = 0
    for path in sorted(Path(module.__file__).parent.glob('.mim/configs/**/*.py')):
        try:
            cfg = Config.fromfile(str(path), import_custom_modules=False)
        except Exception:  # some of them cannot be read
            continue
        require_read_keys(cfg)
        checked += 1
    assert checked > 100

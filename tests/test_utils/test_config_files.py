import pytest

from setsim_mm.utils import UserError, load_training_config

COMPLETE = """
model = dict(type='A')
train_dataloader = dict(batch_size=1)
train_cfg = dict(max_epochs=1)
optim_wrapper = dict(type='OptimWrapper')
"""


def write(path, text):
    path.write_text(text)
    return str(path)


def test_output_folder_is_named_after_the_config(tmp_path):
    cfg = load_training_config(write(tmp_path / 'my run.py', COMPLETE))

    assert cfg.work_dir == 'work_dirs/my run'
    assert cfg.launcher == 'none'


def test_output_folder_of_the_config_is_kept(tmp_path):
    path = write(tmp_path / 'a.py', COMPLETE + "work_dir = 'here'\n")

    assert load_training_config(path).work_dir == 'here'


def test_options_override(tmp_path):
    path = write(tmp_path / 'a.py', COMPLETE)

    assert load_training_config(path, {'model.type': 'B'}).model.type == 'B'


@pytest.mark.parametrize(
    ('text', 'fact'),
    [
        ('model = dict(', r"'.*a\.py'.* \('\(' was never closed"),
        ("_base_ = 'nothing.py'", r"'.*a\.py'.*nothing\.py"),
        ("custom_imports = dict(imports=['not_there'])", r"'.*a\.py'.*'not_there'"),
        ("model = dict(type='A')", r"'.*a\.py'.*`train_dataloader`"),
    ],
)
def test_unusable_config(tmp_path, text, fact):
    with pytest.raises(UserError, match=fact):
        load_training_config(write(tmp_path / 'a.py', text))

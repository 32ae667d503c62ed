"""The settings of an experiment, and the changes of a family in its configs."""

from copy import deepcopy

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mmengine.config import Config

from setsim_mm.runs.settings import differences, digest, settings_of
from setsim_mm.utils import UserError, load_training_config
from studies.configs import ensure_probe, leave_matcher_alone
from studies.families import FAMILIES, SETSIM, family_named, rows_named
from studies.machine import share_of_machine
from studies.pretraining import Scale, pretraining_trials, require_alone
from tests.test_tools.training_helpers import REPO

CONFIGS = REPO / 'configs' / 'selfsup'
WITHOUT_QUEUE = ('SimSiam', 'SetSimSiam', 'SimCLR', 'QKIteration')

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text('abc', min_size=1, max_size=2), inner, max_size=3)
    ),
    max_leaves=8,
)


@pytest.fixture
def setsim() -> Config:
    return load_training_config(str(CONFIGS / SETSIM))


def test_machine_and_seed_do_not_count(setsim):
    before = settings_of(setsim)
    setsim.merge_from_dict(
        {
            'work_dir': 'elsewhere',
            'launcher': 'pytorch',
            'resume': True,
            'randomness.seed': 7,
            'train_dataloader.num_workers': 0,
            'train_dataloader.persistent_workers': False,
            'env_cfg.cudnn_benchmark': False,
            'log_level': 'ERROR',
        }
    )
    assert digest(settings_of(setsim)) == digest(before)


@pytest.mark.parametrize(
    ('option', 'value'),
    [
        ('train_dataloader.batch_size', 16),
        ('train_dataloader.dataset.data_root', 'other/'),
        ('model.matcher.matchers.0.threshold', 0.5),
        ('randomness.deterministic', True),
    ],
)
def test_everything_else_does(setsim, option, value):
    before = settings_of(setsim)
    setsim.merge_from_dict({option: value})
    after = settings_of(setsim)
    assert digest(after) != digest(before)
    assert any(option in phrase for phrase in differences(before, after, 'a', 'b'))


@given(JSON, JSON)
def test_differences_are_none_only_between_equals(there, here):
    assert differences(there, deepcopy(there), 'a', 'b') == []
    if digest(dict(a=there)) != digest(dict(a=here)):
        assert differences(there, here, 'a', 'b')


def test_matcher_alone(setsim):
    """No geometry, one direction, and Eq. 7's nearest neighbours as they were."""
    leave_matcher_alone(setsim)
    assert setsim.model.symmetric is False
    assert [m.type for m in setsim.model.matcher.matchers] == ['Set2SetMatcher']
    assert setsim.model.matcher.nearest_neighbor


def test_matcher_alone_is_for_families_of_matchers():
    assert [f.name for f in FAMILIES if f.alone] == ['table2', 'figure3']
    with pytest.raises(UserError, match='makes no sense for table3'):
        require_alone(family_named('table3'))


def test_every_run_measures_something(setsim):
    ensure_probe(setsim)
    kinds = [hook['type'] for hook in setsim.custom_hooks]
    assert kinds.count('CorrespondencePrecisionHook') == 1
    assert setsim.custom_hooks[-1]['interval'] == 10
    assert 'PreTrainingCheckHook' in kinds
    ensure_probe(setsim)
    assert [hook['type'] for hook in setsim.custom_hooks] == kinds


def test_rows_of_one_config_are_one_run(tmp_path):
    rows = [row for family in FAMILIES for row in family.rows if row.config == SETSIM]
    assert len(rows) == 5
    trials = pretraining_trials(rows, [0, 1, 0], Scale(), tmp_path, REPO)
    assert [(trial.name, trial.seed) for trial in trials] == [
        ('setsim_r50_200e_in100', 0),
        ('setsim_r50_200e_in100', 1),
    ]
    alone = Scale(matcher_alone=True, gpus=8)
    (trial,) = pretraining_trials(rows, [0], alone, tmp_path, REPO)
    assert trial.name == 'setsim_r50_200e_in100_matcher-alone'
    assert not trial.config.model.symmetric and trial.processes == 8
    assert trial.command[:3] == [
        str(REPO / 'tools' / 'dist_train.sh'),
        str(trial.work_dir / f'{trial.name}.py'),
        '8',
    ]
    assert trial.command[3:] == [
        '--work-dir',
        str(trial.work_dir),
        '--resume',
        '--cfg-options',
        'randomness.seed=0',
    ]


def test_rows_are_chosen_by_label_or_run():
    family = family_named('figure3')
    chosen = rows_named([family], ['0.9', 'SETSIM_R50_200E_IN100', '0.1'])
    assert [row.label for row in chosen] == ['0.1', '0.7', '0.9']
    assert rows_named([family]) == list(family.rows)
    with pytest.raises(UserError, match=r"has no row '1\.0': choose from '0\.1',"):
        rows_named([family], ['1.0'])


def test_rows_are_chosen_from_several_families():
    families = [family_named('table2'), family_named('figure3')]
    chosen = rows_named(families, ['sort', '0.1'])
    assert [row.label for row in chosen] == ['Sort', '0.1']
    with pytest.raises(UserError, match="table2 and figure3 has no row 'Geo'"):
        rows_named(families, ['Sort', 'Geo'])


def test_trials_come_seed_by_seed_and_shared_runs_once(tmp_path):
    """Set2Set-NN of Table 2 is δ = 0.7 of Figure 3."""
    rows = rows_named(
        [family_named('table2'), family_named('figure3')], ['Set2Set-NN', '0.7', '0.1']
    )
    trials = pretraining_trials(rows, [2, 0], Scale(), tmp_path, REPO)
    delta = 'setsim_r50_200e_in100_delta01'
    assert [(trial.name, trial.seed) for trial in trials] == [
        ('setsim_r50_200e_in100', 2),
        (delta, 2),
        ('setsim_r50_200e_in100', 0),
        (delta, 0),
    ]


def test_unknown_family_is_refused():
    with pytest.raises(UserError, match='choose one of table1, table2, table3, figu'):
        family_named('table9')


def test_runs_at_the_same_time_share_the_machine(monkeypatch):
    monkeypatch.delenv('OMP_NUM_THREADS', raising=False)
    monkeypatch.setenv('CUDA_VISIBLE_DEVICES', '4,5,6,7')
    monkeypatch.setattr('os.cpu_count', lambda: 16)
    first, second, third = (share_of_machine(slot, 3, 2) for slot in range(3))
    assert first['CUDA_VISIBLE_DEVICES'] == '4,5'
    assert second['CUDA_VISIBLE_DEVICES'] == '6,7'
    assert third['CUDA_VISIBLE_DEVICES'] == '4,5'  # there are no more
    assert len({first['PORT'], second['PORT'], third['PORT']}) == 3
    assert first['OMP_NUM_THREADS'] == '2'


def test_a_run_alone_takes_the_machine_as_it_is(monkeypatch):
    monkeypatch.setenv('CUDA_VISIBLE_DEVICES', '4,5')
    assert set(share_of_machine(0, 1, 2)) == {'PYTHON'}
    assert share_of_machine(0, 1, 0)['CUDA_VISIBLE_DEVICES'] == ''


@pytest.mark.parametrize('family', FAMILIES, ids=lambda family: family.name)
def test_every_row_has_a_config_that_also_runs_tiny(family, tmp_path):
    tiny = CONFIGS / '_base_' / 'scales' / 'miniature_r18.py'
    folder = {'train_dataloader.dataset.data_root': str(tmp_path)}
    scale = Scale(str(tiny), folder)
    trials = pretraining_trials(family.rows, [0], scale, tmp_path, REPO)
    assert len({digest(trial.record.settings) for trial in trials}) == len(family.rows)
    for trial in trials:
        model, dataset = trial.config.model, trial.config.train_dataloader.dataset
        assert (model.backbone.depth, model.neck.in_channels) == (18, 256)
        assert dataset.classes is None and dataset.ann_file == ''
        # Nothing is given to an algorithm that does not know it.
        assert ('queue_len' in model) == (model.type not in WITHOUT_QUEUE)


def test_matcher_alone_leaves_one_matcher_in_every_row(tmp_path):
    for name in ('table2', 'figure3'):
        rows = family_named(name).rows
        scale = Scale(matcher_alone=True)
        for trial in pretraining_trials(rows, [0], scale, tmp_path, REPO):
            matchers = trial.config.model.matcher.matchers
            assert [m.type for m in matchers if m.type == 'GeometricMatcher'] == []
            assert len(matchers) == 1 and trial.config.model.symmetric is False


def test_copy_detection_needs_no_other_probe(tmp_path):
    merge = str(REPO / 'configs/selfsup/copy_detection/_base_/small_cpu.py')
    family = family_named('copies')
    trials = pretraining_trials(family.rows, [0], Scale(merge), tmp_path, REPO)
    kinds = [{h['type'] for h in trial.config.custom_hooks} for trial in trials]
    assert all('CopyDetectionHook' in found for found in kinds)
    assert not any('CorrespondencePrecisionHook' in found for found in kinds)
    assert ['QKPhaseHook' in found for found in kinds] == [False, True]
    batches, banks = (trial.config for trial in trials)
    for cfg in (batches, banks):
        assert cfg.model.neck.out_channels == 256 and cfg.train_cfg.max_epochs == 12
        assert cfg.train_dataloader.dataset.data_root == 'data/copies/references/'
    assert batches.train_dataloader == banks.train_dataloader
    assert batches.optim_wrapper == banks.optim_wrapper
    assert batches.model.head.temperature == banks.model.head.temperature

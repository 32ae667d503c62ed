"""Summaries of checkpoints of this project, of mmengine and of others."""

import json
from collections import OrderedDict

import pytest
import torch
from mmengine.config import Config
from mmengine.logging import HistoryBuffer

from setsim_mm.runs import collect_provenance
from tests.hostile_files import Call
from tools.checkpoint_summary import summarize_checkpoint
from tools.checkpoint_text import as_text

TEXT = "model = dict(type='MoCo')\n"


def weights():
    return OrderedDict(
        {
            'module.backbone.conv1.weight': torch.ones(2, 3),
            'module.backbone.bn1.num_batches_tracked': torch.tensor(3),
            'module.neck.fc.bias': torch.tensor([1.0, float('nan'), float('-inf')]),
            'module.queue.half': torch.ones(2).half(),
        }
    )


@pytest.fixture
def checkpoint():
    cfg = Config.fromstring(TEXT, '.py')
    record = collect_provenance(cfg, 5, world_size=4)
    record['data'] = dict(samples=9, names='n' * 64, sizes=dict(images=9, bytes=99))
    return dict(
        meta=dict(
            epoch=2,
            iter=8,
            seed=5,
            time='20260101_120000',
            experiment_name='tiny',
            cfg=cfg.pretty_text,
            provenance=record,
        ),
        state_dict=weights(),
        message_hub=dict(log_scalars={'train/loss': HistoryBuffer([2.0, 1.5], [1, 1])}),
        optimizer=dict(
            state={0: {}, 1: {}},
            param_groups=[dict(lr=0.1), dict(lr=0.1), dict(lr=0.2)],
            loss_scaler=dict(scale=1024.0),
        ),
        param_schedulers=[{}],
    )


def saved(content, path, **options):
    torch.save(content, path, **options)
    return path


def test_a_checkpoint_of_this_project(checkpoint, tmp_path):
    path = saved(checkpoint, tmp_path / 'epoch_2.pth')
    found = summarize_checkpoint(path)
    assert (found['epoch'], found['iteration'], found['seed']) == (2, 8, 5)
    assert (found['format'], found['damage']) == ('zip', None)
    assert found['bytes'] == path.stat().st_size
    assert found['entries'] == list(checkpoint)
    assert found['config'] == checkpoint['meta']['cfg']
    record = checkpoint['meta']['provenance']
    for name in ('versions', 'git', 'command', 'processes', 'devices'):
        assert found['provenance'][name] == record[name]
    assert found['provenance']['data'] == record['data']
    assert found['training'] == dict(
        optimizer=True,
        optimized_tensors=2,
        learning_rates=[0.1, 0.2],
        schedulers=1,
        loss_scale=1024.0,
    )
    assert found['scalars'] == {'train/loss': dict(values=2, last=1.5)}


def test_groups_of_weights(checkpoint, tmp_path):
    found = summarize_checkpoint(saved(checkpoint, tmp_path / 'a'))['weights']
    assert [group['group'] for group in found] == ['backbone', 'neck', 'queue']
    assert {group['place'] for group in found} == {'state_dict'}
    assert found[0]['tensors'] == 2 and found[0]['numbers'] == 7
    assert found[0]['dtypes'] == ['float32', 'int64']
    assert [group['not_finite'] for group in found] == [0, 2, 0]
    assert found[2]['dtypes'] == ['float16']


def test_it_is_plain(checkpoint, tmp_path):
    checkpoint['epoch'] = checkpoint['meta'].pop('epoch')
    checkpoint['meta']['seed'] = 10**5000
    checkpoint['optimizer']['param_groups'][0]['lr'] = float('inf')
    found = summarize_checkpoint(saved(checkpoint, tmp_path / 'a'))
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert found['epoch'] == 2


class Unknown:
    """Something that is not built when a checkpoint is read."""


def test_a_checkpoint_with_objects(checkpoint, tmp_path):
    checkpoint['meta']['provenance'] = Unknown()
    checkpoint['message_hub']['log_scalars']['train/loss'] = Unknown()
    checkpoint['optimizer']['param_groups'] = Unknown()
    found = summarize_checkpoint(saved(checkpoint, tmp_path / 'a'))
    assert found['provenance'] == {}
    assert found['scalars'] == {'train/loss': dict(values=None, last=None)}
    assert len(found['weights']) == 3


def test_weights_alone(tmp_path):
    plain = {name.removeprefix('module.'): value for name, value in weights().items()}
    for content, place in ((plain, ''), (dict(model=plain), 'model')):
        found = summarize_checkpoint(saved(content, tmp_path / 'a'))
        assert [group['group'] for group in found['weights']] == [
            'backbone',
            'neck',
            'queue',
        ]
        assert {group['place'] for group in found['weights']} == {place}
        assert found['epoch'] is found['config'] is None
        assert not found['training']['optimizer']


def test_a_checkpoint_of_moco(tmp_path):
    content = dict(
        epoch=200,
        arch='resnet50',
        state_dict={'module.encoder_q.conv1.weight': torch.ones(1)},
        optimizer=dict(state={}, param_groups=[]),
    )
    path = saved(content, tmp_path / 'a.pth.tar', _use_new_zipfile_serialization=False)
    found = summarize_checkpoint(path)
    assert (found['format'], found['epoch'], found['experiment']) == (
        'legacy',
        200,
        'resnet50',
    )
    assert found['weights'][0]['group'] == 'encoder_q'


@pytest.mark.parametrize('dtype', ['float8_e4m3fn', 'bfloat16', 'complex64', 'bool'])
def test_every_type_of_number_is_looked_at(dtype, tmp_path):
    value = torch.ones(3).to(getattr(torch, dtype))
    found = summarize_checkpoint(saved(dict(a=value), tmp_path / 'a'))['weights']
    assert found[0]['dtypes'] == [dtype] and found[0]['not_finite'] == 0


@pytest.mark.parametrize('value', [None, 3, 'text', [1], [[]], {1: 2}, Unknown()])
@pytest.mark.parametrize(
    'where',
    ['meta', 'state_dict', 'message_hub', 'optimizer', 'param_schedulers', 'scaler'],
)
def test_any_content_is_summarized(where, value, checkpoint, tmp_path):
    checkpoint[where] = value
    found = summarize_checkpoint(saved(checkpoint, tmp_path / 'a'))
    json.dumps(found, allow_nan=False)
    assert as_text(found)


@pytest.mark.parametrize('value', [None, 3, 'text', [1], [[]], {1: {2: 3}}, Unknown()])
@pytest.mark.parametrize(
    'where', ['git', 'data', 'versions', 'devices', 'deterministic', 'command']
)
def test_any_record_is_summarized(where, value, checkpoint, tmp_path):
    checkpoint['meta']['provenance'][where] = value
    found = summarize_checkpoint(saved(checkpoint, tmp_path / 'a'))
    json.dumps(found, allow_nan=False)
    assert as_text(found)


def test_the_text_has_what_was_found(checkpoint, tmp_path):
    text = as_text(summarize_checkpoint(saved(checkpoint, tmp_path / 'a')))
    commit = checkpoint['meta']['provenance']['git']['commit']
    for word in ('whole', commit, torch.__version__, 'state_dict/neck', 'train/loss'):
        assert word in text
    assert '9 samples' in text and 'n' * 17 not in text


def with_text_everywhere(checkpoint, text):
    record = checkpoint['meta']['provenance']
    record.update(command=text, host=text, devices=[text], versions={text: text})
    record['git'] = dict(commit=text, dirty=True, changed_files=text)
    record['data'] = dict(samples=text, names=text, sizes=dict(images=text))
    checkpoint['meta'].update(experiment_name=text, time=text)
    checkpoint['state_dict'] = {f'{text}.x': torch.ones(1)}
    checkpoint['message_hub']['log_scalars'] = {text: HistoryBuffer([1.0], [1])}
    checkpoint[text] = 1
    return checkpoint


@pytest.mark.parametrize('letters', ['\x1b[2J', '\r', '\n', '\x9b', '\u202e', '\udcff'])
def test_text_from_the_file_does_not_control_the_terminal(
    letters, checkpoint, tmp_path
):
    texts = []
    for text in ('ab', f'a{letters}b'):
        content = with_text_everywhere(dict(checkpoint), text)
        texts.append(as_text(summarize_checkpoint(saved(content, tmp_path / 'a'))))
    assert texts[1].count('\n') == texts[0].count('\n')
    assert all(line.isprintable() for line in texts[1].split('\n'))
    texts[1].encode('utf-8')


def test_a_long_list_is_cut(checkpoint, tmp_path):
    checkpoint['state_dict'] = {f'{i}.x': torch.ones(1) for i in range(1000)}
    checkpoint['meta']['experiment_name'] = 'x' * 10**5
    found = summarize_checkpoint(saved(checkpoint, tmp_path / 'a'))
    assert len(found['weights']) < 1000 and len(found['experiment']) < 10**4


def test_damage_is_named_and_the_rest_is_read(checkpoint, tmp_path):
    checkpoint['state_dict'] = {'a.b': torch.arange(1000.0)}
    path = saved(checkpoint, tmp_path / 'a')
    data = bytearray(path.read_bytes())
    data[data.index(torch.arange(1000.0).numpy().tobytes()) + 100] ^= 1
    path.write_bytes(data)
    found = summarize_checkpoint(path)
    assert 'data/0' in found['damage'] and found['epoch'] == 2
    assert 'DAMAGED' in as_text(found)


def test_nothing_is_executed(checkpoint, tmp_path):
    marker = tmp_path / 'marker'
    checkpoint['meta']['cfg'] = f'__import__("os").mkdir({str(marker)!r})'
    checkpoint['meta']['provenance'] = Call(exec, checkpoint['meta']['cfg'])
    as_text(summarize_checkpoint(saved(checkpoint, tmp_path / 'a')))
    assert not marker.exists()

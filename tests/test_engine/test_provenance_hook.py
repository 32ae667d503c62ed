import json
from pathlib import Path

import torch

from setsim_mm.engine.runner import DurableRunner

from .training_runs import make_config


def provenance_of(cfg) -> dict:
    return json.loads(Path(cfg.work_dir, 'run.json').read_text())['provenance']


def logged(cfg) -> str:
    return max(Path(cfg.work_dir).glob('*/*.log')).read_text()


def test_record_in_folder_and_checkpoint_and_changes_of_a_resumed_run(folder):
    cfg = make_config(folder, epochs=1)
    DurableRunner.from_cfg(cfg).train()
    record = provenance_of(cfg)
    saved = torch.load(Path(cfg.work_dir, 'epoch_1.pth'), weights_only=True)['meta']

    assert record['seed'] == saved['provenance']['seed'] == 3
    assert record['data']['samples'] == 6
    assert record['data'] == saved['provenance']['data']
    assert record['versions'] == saved['provenance']['versions']
    assert record['versions']['torch'] == torch.__version__
    assert 'text' in record['config'] and 'text' not in saved['provenance']['config']

    (folder / '0.png').rename(folder / 'another.png')
    cfg = make_config(folder, epochs=2)
    cfg.resume = True
    DurableRunner.from_cfg(cfg).train()

    assert [session['resumed_from'] for session in provenance_of(cfg)['sessions']] == [
        None,
        str(Path(cfg.work_dir, 'epoch_1.pth')),
    ]
    warnings = [line for line in logged(cfg).splitlines() if 'differs' in line]
    assert any('data' in line for line in warnings), warnings


def test_the_source_of_the_weights_is_kept_and_nothing_else(folder):
    """A checkpoint may have other values than plain ones."""
    cfg = make_config(folder, epochs=1)
    DurableRunner.from_cfg(cfg).train()
    path = Path(cfg.work_dir, 'epoch_1.pth')
    saved = torch.load(path, weights_only=True)
    assert saved['meta']['provenance']['started_from'] is None
    source = dict(file='moco.pth', tensors=120)
    saved['meta']['provenance']['started_from'] = source | {'more': torch.ones(9)}
    torch.save(saved, path)

    cfg = make_config(folder, epochs=2)
    cfg.resume = True
    DurableRunner.from_cfg(cfg).train()

    saved = torch.load(Path(cfg.work_dir, 'epoch_2.pth'), weights_only=True)
    assert saved['meta']['provenance']['started_from'] == source

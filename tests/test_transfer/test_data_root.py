"""All paths of a config get the data root."""

from collections.abc import Iterator

import pytest

from setsim_mm.transfer.data_root import data_root_of, set_data_root
from setsim_mm.transfer.finetuning import load_finetuning_config
from tests.benchmark_configs import CONFIGS


def paths_in(part, beginning: str) -> Iterator[str]:
    if isinstance(part, dict):
        part = list(part.values())
    if isinstance(part, list | tuple):
        for value in part:
            yield from paths_in(value, beginning)
    elif isinstance(part, str) and part.startswith(beginning):
        yield part


@pytest.mark.parametrize('path', CONFIGS, ids=lambda path: path.stem)
def test_every_path_is_replaced(path):
    cfg = load_finetuning_config(str(path))
    before = list(paths_in(cfg.to_dict(), 'data/'))
    assert len(before) >= 4

    set_data_root(cfg, '/disk')

    assert list(paths_in(cfg.to_dict(), 'data/')) == []
    after = list(paths_in(cfg.to_dict(), '/disk/'))
    assert after == [path.replace('data/', '/disk/', 1) for path in before]
    set_data_root(cfg, 'again')
    assert list(paths_in(cfg.to_dict(), '/disk')) == []
    assert data_root_of(cfg) == 'again'

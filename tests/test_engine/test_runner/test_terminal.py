"""The terminal of a run is short; its log file is complete."""

import io
import logging

from mmengine.config import Config

from setsim_mm.engine.runner.formatted_config import FormattedOnce
from setsim_mm.engine.runner.terminal import shorten_terminal

LONG = [
    'Config:\nmodel = 1',
    'Hooks will be executed in the following order:\nbefore_run',
    '\n-----\nSystem environment:\n    sys.platform: linux',
]


def test_long_messages_are_in_the_log_file_only(tmp_path):
    logger = logging.Logger('run')
    terminal = io.StringIO()
    logger.addHandler(logging.StreamHandler(terminal))
    logger.addHandler(logging.FileHandler(tmp_path / 'run.log'))
    shorten_terminal(logger)
    for text in [*LONG, 'loss: 1.0', '"FileClient" will be deprecated in future.']:
        logger.warning(text)
    written = (tmp_path / 'run.log').read_text()
    assert terminal.getvalue() == 'loss: 1.0\n'
    assert all(text in written for text in LONG)
    assert 'FileClient' not in written


def test_a_config_is_formatted_again_after_a_change_only(monkeypatch):
    count = []
    original = Config.pretty_text.fget
    monkeypatch.setattr(
        Config, 'pretty_text', property(lambda cfg: (count.append(1), original(cfg))[1])
    )
    cfg = FormattedOnce.of(Config(dict(model=dict(queue_len=3)), 'x', filename='a.py'))
    text = cfg.pretty_text
    assert (text, cfg.filename) == (cfg.pretty_text, 'a.py') and len(count) == 1
    cfg.model.queue_len = 4
    assert 'queue_len=4' in cfg.pretty_text and len(count) == 2

"""The evaluators of a benchmark: the packages that they need and where they write."""

import os
from collections.abc import Iterator
from importlib.util import find_spec

from mmengine.config import Config

from setsim_mm.utils.errors import UserError


def require_packages(cfg: Config) -> None:
    """Raise an error if the evaluation needs a package that is not installed.

    Args:
        cfg (Config): The config of a benchmark.

    Raises:
        UserError: If a package is missing.
    """
    needs_cityscapes = any(
        evaluator['type'] == 'CityScapesMetric' for evaluator in _evaluators(cfg)
    )
    if needs_cityscapes and find_spec('cityscapesscripts') is None:
        raise UserError(
            "Cityscapes' instances are evaluated by cityscapesscripts, which is not "
            'installed: create the environment with `make env-test` (docs/install.md).'
        )


def set_result_folders(cfg: Config) -> None:
    """Set the output folder as the place of the files that evaluators write.

    Args:
        cfg (Config): The config of a benchmark. For Cityscapes' instances it names a
            folder that all runs would share.
    """
    for evaluator in _evaluators(cfg):
        if 'outfile_prefix' in evaluator:
            evaluator['outfile_prefix'] = os.path.join(cfg.work_dir, 'instances')


def _evaluators(cfg: Config) -> Iterator[dict]:
    for name in ('val_evaluator', 'test_evaluator'):
        evaluators = cfg.get(name) or []
        yield from evaluators if isinstance(evaluators, list) else [evaluators]

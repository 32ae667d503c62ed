"""Repairs that the released OpenMMLab wheels need on today's PyTorch.

:mod:`setsim_mm` applies each of them as soon as the module that it repairs is
imported; nothing else may go in here.
"""

import os
import warnings
from collections.abc import Callable
from functools import wraps
from pickle import UnpicklingError
from types import ModuleType
from typing import Any

# torch.load obeys them at each call, the first one whatever its arguments are.
ONLY = 'TORCH_FORCE_WEIGHTS_ONLY_LOAD'
ANYTHING = 'TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD'


def ignore_missing_operators() -> None:
    """Silence the warning of mmcv-lite that it lacks compiled operators.

    Pre-training never calls them. Whoever needs them gets mmcv's own error on
    importing them.
    """
    warnings.filterwarnings('ignore', message='Fail to import ``MultiScaleDeform')


def point_registries_at_existing_modules(registries: ModuleType) -> None:
    """Let mmselfsup 1.0.0 build a training loop.

    The release's registries of runners and loops import ``mmselfsup.engine.runner``,
    which it does not contain; its main branch has ``mmselfsup.engine`` there.

    Args:
        registries (ModuleType): ``mmselfsup.registry``.
    """
    for name in ('RUNNERS', 'RUNNER_CONSTRUCTORS', 'LOOPS'):
        getattr(registries, name)._locations = ['mmselfsup.engine']


def make_checkpoints_loadable(torch: ModuleType) -> None:
    """Let runs resume although ``torch.load`` only reads types that it trusts.

    PyTorch 2.6 refuses mmengine 0.10.7's checkpoints: their log history is a
    ``HistoryBuffer`` of numpy arrays, pickled together with its methods. The methods
    stay with the class from now on, arrays are rebuilt by
    :mod:`~setsim_mm.utils.plain_arrays`, and a history takes nothing but its two
    arrays and its length from a file. The protection itself stays on for everything
    else.

    Args:
        torch (ModuleType): PyTorch.
    """
    from mmengine.logging.history_buffer import HistoryBuffer

    from setsim_mm.utils.plain_arrays import numbers, safe_globals

    def state_without_methods(self: HistoryBuffer) -> dict:
        state = dict(self.__dict__)
        state.pop('statistics_methods', None)
        return state

    def restore_numbers(self: HistoryBuffer, state: dict) -> None:
        log, count = numbers(state['_log_history']), numbers(state['_count_history'])
        self.__init__(log, count, int(state['max_length']))

    HistoryBuffer.__getstate__ = state_without_methods
    HistoryBuffer.__setstate__ = restore_numbers
    torch.serialization.add_safe_globals([HistoryBuffer, *safe_globals()])


def never_run_code_of_checkpoints(checkpoint: ModuleType) -> None:
    """Make mmengine load weights only, wherever a checkpoint comes from.

    Its loaders leave the choice to the default of ``torch.load``, which an environment
    variable turns off, and its loader of URLs to a function that trusts every file.
    A file of other types than mmengine expects is refused, which would stumble later.

    Args:
        checkpoint (ModuleType): ``mmengine.runner.checkpoint``.
    """
    loaders = checkpoint.CheckpointLoader

    def only_weights(loader: Callable) -> Callable:
        @wraps(loader)
        def load(*args: Any, **kwargs: Any) -> Any:
            before = {name: os.environ.pop(name, None) for name in (ONLY, ANYTHING)}
            os.environ[ONLY] = '1'
            try:
                checkpoint = loader(*args, **kwargs)
            finally:
                del os.environ[ONLY]
                os.environ.update({k: v for k, v in before.items() if v is not None})
            _require_weights(checkpoint)
            return checkpoint

        return load

    for prefix, loader in list(loaders._schemes.items()):
        loaders.register_scheme(prefix, only_weights(loader), force=True)


def _require_weights(checkpoint: Any) -> None:
    known = checkpoint if isinstance(checkpoint, dict) else {}
    weights = known.get('state_dict', checkpoint)
    if (
        not isinstance(weights, dict)
        or not isinstance(known.get('meta', {}), dict)
        or not all(isinstance(name, str) for name in weights)
    ):
        raise UnpicklingError('it does not hold the weights of a model')

"""Repairs of the released OpenMMLab wheels for current versions of PyTorch.

:mod:`setsim_mm` applies each of them as soon as the module that it repairs is
imported. This file holds nothing else.
"""

import os
import warnings
from collections.abc import Callable
from functools import wraps
from importlib.metadata import PackageNotFoundError, distribution
from pickle import UnpicklingError
from types import ModuleType
from typing import Any

# torch.load reads them at each call. The first one overrides its arguments.
ONLY = 'TORCH_FORCE_WEIGHTS_ONLY_LOAD'
ANYTHING = 'TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD'

# Names of OneDL's packages on the package index by module.
FORKS = {
    'mmdet': 'onedl-mmdetection',
    'mmseg': 'onedl-mmsegmentation',
    'mmpretrain': 'onedl-mmpretrain',
}


def ignore_missing_operators() -> None:
    """Silence the warning of mmcv-lite that it lacks compiled operators.

    Pre-training does not call them. Importing one of them raises mmcv's own error.
    """
    warnings.filterwarnings('ignore', message='Fail to import ``MultiScaleDeform')


def point_registries_at_existing_modules(registries: ModuleType) -> None:
    """Replace a module that mmselfsup 1.0.0 imports but does not contain.

    The registries of runners and loops import ``mmselfsup.engine.runner``, which the
    release does not contain. Its main branch imports ``mmselfsup.engine``.

    Args:
        registries (ModuleType): ``mmselfsup.registry``.
    """
    for name in ('RUNNERS', 'RUNNER_CONSTRUCTORS', 'LOOPS'):
        getattr(registries, name)._locations = ['mmselfsup.engine']


def make_checkpoints_loadable(torch: ModuleType) -> None:
    """Add the types in mmengine's checkpoints to those that ``torch.load`` reads.

    PyTorch 2.6 rejects the checkpoints of mmengine 0.10.7: their log history is a
    ``HistoryBuffer`` of NumPy arrays, which is pickled together with its methods. From
    now on the methods are not pickled, :mod:`~setsim_mm.utils.plain_arrays` rebuilds
    the arrays, and a history reads only its two arrays and its length from a file. All
    other types are rejected as before.

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

    Its loaders use the default of ``torch.load``, which an environment variable turns
    off. Its loader of URLs calls a function that trusts every file. A file that holds
    other types than mmengine expects is rejected here instead of failing later.

    Args:
        checkpoint (ModuleType): ``mmengine.runner.checkpoint``.
    """
    loaders = checkpoint.CheckpointLoader
    if hasattr(checkpoint, '_safe_torch_load'):
        # OneDL's mmengine reads a rejected file again without protection.
        checkpoint._safe_torch_load = load_weights_only

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


def load_weights_only(
    file: Any, map_location: Any = None, weights_only: bool | None = None
) -> Any:
    """Load a checkpoint without running code from it; ``weights_only`` is ignored.

    Args:
        file (str | os.PathLike | IO): The checkpoint.
        map_location (Any): As in :func:`torch.load`. Defaults to None.
        weights_only (bool, optional): Has no effect. Defaults to None.

    Raises:
        UnpicklingError: If the file holds other types than weights.
    """
    import torch

    return torch.load(file, map_location=map_location, weights_only=True)


def silence_missing_onedl(logging: ModuleType) -> None:
    """Remove the messages of OneDL's packages on other packages that are missing.

    They are for debugging, but mmengine prints any message without a logger.

    Args:
        logging (ModuleType): ``mmengine.logging``.
    """
    print_log = logging.print_log

    @wraps(print_log)
    def print_others(msg: Any, *args: Any, **kwargs: Any) -> None:
        if not str(msg).startswith('Could not import OneDL'):
            print_log(msg, *args, **kwargs)

    logging.print_log = print_others


def add_names_of_forks(utils: ModuleType) -> None:
    """Add the names by which mmengine finds configs of OneDL, as in ``mmseg::…``.

    mmengine looks up the package's name on the package index, which differs for a fork.

    Args:
        utils (ModuleType): ``mmengine.config.utils``.
    """
    for module, fork in FORKS.items():
        known = utils.MODULE2PACKAGE[module]
        if not _is_distribution(known) and _is_distribution(fork):
            utils.MODULE2PACKAGE[module] = fork


def _is_distribution(name: str) -> bool:
    try:
        distribution(name)
    except PackageNotFoundError:
        return False
    return True


def _require_weights(checkpoint: Any) -> None:
    known = checkpoint if isinstance(checkpoint, dict) else {}
    weights = known.get('state_dict', checkpoint)
    if (
        not isinstance(weights, dict)
        or not isinstance(known.get('meta', {}), dict)
        or not all(isinstance(name, str) for name in weights)
    ):
        raise UnpicklingError('it does not hold the weights of a model')

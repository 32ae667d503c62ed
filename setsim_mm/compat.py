"""Repairs that the released OpenMMLab wheels need on today's PyTorch.

Importing this module applies them; nothing else may go in here.
"""

import warnings

import numpy as np
import torch
from mmengine.logging import HistoryBuffer

# mmcv-lite warns that it lacks compiled operators, which pre-training never calls.
# Whoever needs them gets mmcv's own error on importing them.
with warnings.catch_warnings():
    warnings.filterwarnings('ignore', message='Fail to import ``MultiScaleDeform')
    import mmcv.cnn.bricks.transformer  # noqa: F401
    from mmselfsup.registry import LOOPS, RUNNER_CONSTRUCTORS, RUNNERS


def point_registries_at_existing_modules() -> None:
    """Let mmselfsup 1.0.0 build a training loop.

    The release's registries of runners and loops import ``mmselfsup.engine.runner``,
    which it does not contain; its main branch has ``mmselfsup.engine`` there.
    """
    for registry in (RUNNERS, RUNNER_CONSTRUCTORS, LOOPS):
        registry._locations = ['mmselfsup.engine']


def make_checkpoints_loadable() -> None:
    """Let runs resume although ``torch.load`` only reads types that it trusts.

    PyTorch 2.6 refuses mmengine 0.10.7's checkpoints: their log history is a
    ``HistoryBuffer`` of numpy arrays, pickled together with its methods. The methods
    stay with the class from now on, and the harmless rest is declared safe. The
    protection itself stays on for everything else.
    """

    def state_without_methods(self: HistoryBuffer) -> dict:
        state = dict(self.__dict__)
        state.pop('statistics_methods', None)
        return state

    HistoryBuffer.__getstate__ = state_without_methods

    # The functions that unpickle arrays and scalars are private, but both name them.
    # NumPy 2 moved them; a checkpoint written under NumPy 1 names the old place.
    array, scalar = np.zeros(1), np.float64(0)
    functions = [value.__reduce__()[0] for value in (array, scalar)]
    modules = ('numpy.core.multiarray', 'numpy._core.multiarray')
    torch.serialization.add_safe_globals(
        [
            HistoryBuffer,
            np.ndarray,
            np.dtype,
            *(
                type(np.dtype(kind))
                for kind in ('float64', 'float32', 'int64', 'int32')
            ),
            *((f, f'{module}.{f.__name__}') for f in functions for module in modules),
        ]
    )


point_registries_at_existing_modules()
make_checkpoints_loadable()

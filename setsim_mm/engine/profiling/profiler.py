"""PyTorch's profiler without its irrelevant warnings."""

import os
import warnings

import torch
from torch import profiler


def make_profiler(**options: object) -> profiler.profile:
    """Create a profiler of the CPU and of the GPU, if there is one.

    Args:
        **options (object): Further arguments of :class:`torch.profiler.profile`.

    Returns:
        torch.profiler.profile: A profiler that is not started.
    """
    activities = [profiler.ProfilerActivity.CPU]
    if torch.cuda.is_available():
        activities.append(profiler.ProfilerActivity.CUDA)
    else:
        # Kineto would log a missing GPU as an error.
        os.environ.setdefault('KINETO_LOG_LEVEL', '5')
    # The warning also appears with a single cycle, where no events are lost.
    warnings.filterwarnings('ignore', 'Warning: Profiler clears events')
    return profiler.profile(activities=activities, **options)

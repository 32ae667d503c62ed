"""PyTorch's profiler, without its false alarms."""

import os
import warnings

import torch
from torch import profiler


def make_profiler(**options: object) -> profiler.profile:
    """Make a profiler of the CPU, and of the GPU where there is one.

    Args:
        **options (object): What else :class:`torch.profiler.profile` takes.

    Returns:
        torch.profiler.profile: Not started yet.
    """
    activities = [profiler.ProfilerActivity.CPU]
    if torch.cuda.is_available():
        activities.append(profiler.ProfilerActivity.CUDA)
    else:
        # Its library would call it an error that there is no GPU.
        os.environ.setdefault('KINETO_LOG_LEVEL', '5')
    # It says so of a single cycle, too, which nothing follows.
    warnings.filterwarnings('ignore', 'Warning: Profiler clears events')
    return profiler.profile(activities=activities, **options)

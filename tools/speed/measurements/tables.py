"""Text of tables, and a description of the machine."""

import os
import platform

import numpy as np
import pandas as pd
import torch

from setsim_mm.runs.environment import processor_name

DIGITS = 3


def describe_machine(device: str | torch.device = 'cpu') -> str:
    """Describe the machine of a measurement.

    Args:
        device (str | torch.device): Device of the measurement. Defaults to 'cpu'.

    Returns:
        str: The GPU if it was the device, processor, cores that this process may use,
        threads, and versions.
    """
    device = torch.device(device)
    parts = [
        processor_name(),
        f'{len(os.sched_getaffinity(0))} cores',
        f'{torch.get_num_threads()} threads',
    ]
    if device.type == 'cuda':
        parts.insert(0, torch.cuda.get_device_name(device))
    parts += [f'PyTorch {torch.__version__}', f'Python {platform.python_version()}']
    return ', '.join(parts)


def as_text(table: pd.DataFrame) -> pd.DataFrame:
    """Format the numbers of a table.

    Args:
        table (pd.DataFrame): Numbers and texts.

    Returns:
        pd.DataFrame: Texts, with three significant digits for fractional numbers and
        empty texts for missing values.

    Examples:
        >>> as_text(pd.DataFrame({'s': [0.01234, 1234.5, None], 'n': [1, 2, 3]}))
              s  n
        0  0.0123  1
        1    1230  2
        2          3
    """
    return table.map(_text)


def _text(value: object) -> str:
    if pd.isna(value):
        return ''
    if isinstance(value, float) and not value.is_integer():
        return np.format_float_positional(float(f'{value:.{DIGITS - 1}e}'), trim='-')
    return f'{value:.0f}' if isinstance(value, float) else str(value)

"""The resources of this machine that decide how to train."""

import os
from dataclasses import dataclass

import torch


@dataclass(frozen=True)
class Machine:
    """Processor cores and a GPU.

    Args:
        cores (int): Cores that this process may use.
        gpu (str, optional): Name of the GPU. Defaults to None, no GPU.
        gigabytes (float): Memory of the GPU. Defaults to 0.
        precision (str): The fast number format: ``'float32'``, ``'float16'`` or
            ``'bfloat16'``. Defaults to ``'float32'``.
        gpus (int): Number of GPUs. Defaults to 0.
    """

    cores: int
    gpu: str | None = None
    gigabytes: float = 0.0
    precision: str = 'float32'
    gpus: int = 0

    def __str__(self) -> str:
        cores = f'{self.cores} core{"s" if self.cores > 1 else ""}'
        if self.gpu is None:
            return f'{cores}, no GPU'
        return f'{cores}, {self.gpu} with {self.gigabytes:.0f} GB'


def this_machine() -> Machine:
    """Return the resources of this machine."""
    cores = len(os.sched_getaffinity(0))
    if not torch.cuda.is_available():
        return Machine(cores)
    properties = torch.cuda.get_device_properties(0)
    # Tensor cores came with compute capability 7 for float16 and 8 for bfloat16.
    if properties.major >= 8:
        precision = 'bfloat16'
    elif properties.major >= 7:
        precision = 'float16'
    else:
        precision = 'float32'
    return Machine(
        cores,
        properties.name,
        properties.total_memory / 2**30,
        precision,
        torch.cuda.device_count(),
    )

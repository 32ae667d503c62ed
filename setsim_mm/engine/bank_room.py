"""Check that a bank of keys fits before a training starts."""

import os
import re
import shutil
from pathlib import Path

import torch

from setsim_mm.utils.errors import UserError


def bank_bytes(images: int, dim: int, bytes_of_number: int) -> int:
    """Return the size of a bank in bytes."""
    return images * dim * bytes_of_number


def free_bytes(device: torch.device, folder: str | os.PathLike | None = None) -> int:
    """Return the free bytes of a folder's disk, of a GPU, or of the machine.

    Args:
        device (torch.device): The device, which counts without a folder.
        folder (str | os.PathLike, optional): A folder, which need not exist. Defaults
            to None.
    """
    if folder is not None:
        path = Path(folder).absolute()
        while not path.exists():
            path = path.parent
        return shutil.disk_usage(path).free
    if device.type == 'cuda':
        return torch.cuda.mem_get_info(device)[0]
    text = Path('/proc/meminfo').read_text()
    return 1024 * int(re.search(r'^MemAvailable: *(\d+) kB', text, re.MULTILINE)[1])


def require_room_for_bank(
    images: int,
    dim: int,
    bytes_of_number: int,
    device: torch.device,
    folder: str | os.PathLike | None = None,
) -> None:
    """Check that a bank fits.

    Args:
        images (int): Number of keys.
        dim (int): Dimension of a key.
        bytes_of_number (int): 2 for half precision.
        device (torch.device): The device of the bank.
        folder (str | os.PathLike, optional): Folder of its file, if it is mapped from
            one. Defaults to None.

    Raises:
        UserError: If not, with the arithmetic.
    """
    # Processes on the CPUs of a machine have a bank each.
    banks = 1
    if folder is None and device.type == 'cpu':
        banks = int(os.environ.get('LOCAL_WORLD_SIZE', 1))
    needed = banks * bank_bytes(images, dim, bytes_of_number)
    free = free_bytes(device, folder)
    if needed <= free:
        return
    where = device if folder is None else f'the disk of {os.fspath(folder)!r}'
    raise UserError(
        f'the bank needs {images:,} keys x {dim} x {bytes_of_number} bytes'
        f'{f" x {banks} processes" if banks > 1 else ""} = {needed / 2**30:.2f} GiB, '
        f'but {free / 2**30:.2f} GiB are free on {where}: set dtype="float16" or a '
        'folder in QKPhaseHook, lower model.feat_dim, or train on fewer images.'
    )

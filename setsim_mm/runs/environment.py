"""The environment of a run: machine, packages, source code."""

import os
import platform
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import torch
import torchvision
from mmengine.utils.dl_utils import collect_env

import setsim_mm
from setsim_mm.version import __version__

# Names in the package index. mmcv and others are installed from one of several.
PACKAGES = (
    'mmengine',
    'mmcv',
    'mmcv-lite',
    'mmcls',
    'mmselfsup',
    'mmpretrain',
    'mmdet',
    'mmsegmentation',
    'onedl-mmengine',
    'onedl-mmcv',
    'onedl-mmpretrain',
    'onedl-mmdetection',
    'onedl-mmsegmentation',
    'numpy',
    'opencv-python',
    'pillow',
    'simplejpeg',
)
GIT_PATIENCE = 10  # seconds


def describe_environment() -> dict[str, str]:
    """Return what mmengine collects about the machine, such as its compilers."""
    collected = {name: str(value) for name, value in collect_env().items()}
    # The state of a random generator.
    collected.pop('numpy_random_seed', None)
    return collected


def package_versions() -> dict[str, str]:
    """Return the versions of Python and of the packages that can change a result.

    Returns:
        dict[str, str]: By name, without packages that are not installed.
    """
    found = dict(
        python=platform.python_version(),
        setsim_mm=__version__,
        torch=str(torch.__version__),
        torchvision=str(torchvision.__version__),
    )
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    if torch.version.cuda is not None:
        found['cuda'] = torch.version.cuda
    if torch.backends.cudnn.is_available():
        found['cudnn'] = str(torch.backends.cudnn.version())
    return found


def device_names() -> list[str]:
    """Return the names of all visible GPUs, or of the processor without a GPU."""
    if not torch.cuda.is_available():
        return [processor_name()]
    return [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())]


def processor_name(cpuinfo: Path = Path('/proc/cpuinfo')) -> str:
    """Return the name of the processor, or its architecture if it has no name.

    Args:
        cpuinfo (Path): The description by Linux. Defaults to /proc/cpuinfo.

    Returns:
        str: Such as ``'AMD EPYC'``.
    """
    for line in cpuinfo.read_text().splitlines():
        name, _, value = line.partition(':')
        if name.strip() == 'model name':
            return value.strip()
    return platform.machine()


def git_state(folder: str | os.PathLike | None = None) -> dict[str, Any] | None:
    """Return the commit of the source code, and whether files differ from it.

    Args:
        folder (str | os.PathLike, optional): The checkout. Defaults to None, that of
            this package.

    Returns:
        dict[str, Any] | None: ``commit``, ``dirty`` and ``changed_files``, the number
        of files that differ from the commit or are new. None if the folder is not a
        checkout, or if git is missing, rejects the folder or takes more than 10 s.
    """
    folder = Path(setsim_mm.__file__).parents[1] if folder is None else Path(folder)
    # An installed package may be inside the checkout of another project.
    if not (folder / '.git').exists():
        return None
    commit = _git(folder, 'rev-parse', '--verify', 'HEAD')
    status = _git(folder, 'status', '--porcelain', '-z', '--no-renames')
    if commit is None or status is None:
        return None
    changed = status.count('\0')
    return dict(commit=commit.strip(), dirty=changed > 0, changed_files=changed)


def _git(folder: Path, *arguments: str) -> str | None:
    """Return the output of git, run without locks and prompts; None if it fails."""
    # Variables such as GIT_DIR, set within a git hook, name another repository.
    others = {k: v for k, v in os.environ.items() if not k.startswith('GIT_')}
    try:
        done = subprocess.run(
            ['git', '-C', os.fspath(folder), '--no-optional-locks', *arguments],
            env=others | dict(GIT_TERMINAL_PROMPT='0', LC_ALL='C'),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=GIT_PATIENCE,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.decode(errors='replace')

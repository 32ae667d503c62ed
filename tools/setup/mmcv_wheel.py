"""Build the compiled mmcv once on a machine, and keep its wheel for all clones.

mmcv 2.0.1 and OneDL's mmcv are published as source only. Their build must import the
installed torch: in pip's isolated build, it silently leaves out the operators. torch's
headers need C++17, but setup.py of mmcv 2.0.1 sets C++14.
"""

import os
import shutil
import tarfile
import tempfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from .commands import SetupError, lock, run, say
from .machine import build_jobs, check_compiler, check_disk
from .progress import BuildProgress

# setuptools replaces the flags of Python's own build, and with them its optimisation,
# by CFLAGS. The headers of torch take most of the compiler's time, so that -O3 costs
# about as much as no optimisation. Debugging symbols would be a third of the wheel.
OPTIMISATION = 'O3'
COMPILER_FLAGS = f'-{OPTIMISATION} -DNDEBUG -g0'

# Two operators forward and one backward; this fails for a wheel without operators.
TRY_OPERATORS = """
import torch
from mmcv.ops import RoIAlign, nms
boxes = torch.tensor([[0.0, 0, 9, 9], [1, 1, 9, 9], [20, 20, 29, 29]])
assert nms(boxes, torch.tensor([0.9, 0.8, 0.7]), 0.5)[1].tolist() == [0, 2]
image = torch.rand(1, 4, 16, 16, requires_grad=True)
RoIAlign(7)(image, torch.tensor([[0.0, 1, 1, 9, 9]])).sum().backward()
assert image.grad.abs().sum() > 0
"""


@dataclass(frozen=True)
class WheelKey:
    """The properties on which a compiled mmcv depends.

    Args:
        mmcv (str): Version of mmcv.
        torch (str): Version of torch, to whose libraries it is linked.
        python (str): Version of Python, such as 3.11.
        platform (str): Platform, such as linux-x86_64.
        device (str): cpu, or cuda for operators that also run on a GPU.
        package (str): Its name on the package index: mmcv, or that of a fork.
    """

    mmcv: str
    torch: str
    python: str
    platform: str
    device: str
    package: str = 'mmcv'

    def __str__(self) -> str:
        """Return the name of the folder in the cache."""
        return (
            f'{self.package}-{self.mmcv}-torch-{self.torch}-python-{self.python}'
            f'-{self.platform}-{self.device}-{OPTIMISATION}'
        )


def device_wanted() -> str:
    """Return 'cpu', or 'cuda' if FORCE_CUDA=1 asks for the operators for GPUs too.

    The tests need the operators for the CPU only, and those for GPUs need a CUDA
    toolkit of torch's version. FORCE_CUDA is a variable of mmcv's setup.py.
    """
    return 'cuda' if os.environ.get('FORCE_CUDA') == '1' else 'cpu'


def cache_folder() -> Path:
    """Return the folder of the user's wheels."""
    base = os.environ.get('XDG_CACHE_HOME') or Path.home() / '.cache'
    return Path(base) / 'setsim_mm' / 'wheels'


def cached_wheel(folder: Path) -> Path | None:
    """Return an intact wheel in a folder of the cache; None if there is none."""
    for wheel in sorted(folder.glob('*.whl')):
        if zipfile.is_zipfile(wheel):
            return wheel
    return None


def compiled_wheel(python: Path, key: WheelKey, requirement: Path, work: Path) -> Path:
    """Return the wheel of the compiled mmcv; build it if the cache lacks it.

    Args:
        python (Path): The interpreter of an environment with torch, setuptools and
            ninja.
        key (WheelKey): The properties of the wheel.
        requirement (Path): The requirements file with mmcv's version.
        work (Path): A folder for the temporary files of the build.

    Returns:
        Path: The wheel in the cache.
    """
    folder = cache_folder() / str(key)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SetupError(
            f'the folder for the compiled mmcv cannot be made ({error}): name one that '
            'can be written with XDG_CACHE_HOME.'
        ) from error
    waiting = 'another set-up builds the compiled mmcv; waiting for its wheel'
    with lock(folder, waiting):
        wheel = cached_wheel(folder)
        if wheel is None:
            check_compiler(python)
            check_disk(work, 1, 'building the compiled mmcv')
            # A compiler may still write into the folder while it is stopped.
            with tempfile.TemporaryDirectory(
                prefix='mmcv-', dir=work, ignore_cleanup_errors=True
            ) as build:
                built = _build(python, key, requirement, Path(build), folder)
                _keep(built, folder)
            wheel = folder / built.name
        else:
            say(f'the compiled mmcv is in the cache ({wheel})')
    return wheel


def _build(
    python: Path, key: WheelKey, requirement: Path, work: Path, folder: Path
) -> Path:
    """Build the wheel and test it."""
    log = folder / 'build.log'
    log.unlink(missing_ok=True)
    jobs = os.environ.get('MAX_JOBS', str(build_jobs()))
    env = build_environment(python, key.device, jobs)
    pip = [python, '-m', 'pip', '--no-cache-dir']
    # pip and setup.py use the packages in the environment.
    source_only = ['--no-deps', '--no-build-isolation']
    say(
        f'building {key.package} {key.mmcv} for torch {key.torch}, once on this '
        f'machine (10 to 20 minutes on two cores; {jobs} files at once, log in {log})'
    )
    run(
        [
            *(*pip, 'download', *source_only, '--no-binary', ':all:'),
            *('-d', work, '-r', requirement),
        ],
        log=log,
        what='downloading the source of mmcv',
        env=env,
    )
    source = unpack(next(work.glob('*.tar.gz')))
    if key.package == 'mmcv':
        set_cpp17(source)
    progress = BuildProgress('set-up: building mmcv')
    try:
        run(
            [*pip, 'wheel', '-v', *source_only, '-w', work / 'wheel', source],
            log=log,
            what='building mmcv',
            on_line=progress.line,
            env=env,
        )
    finally:
        progress.close()
    wheel = next((work / 'wheel').glob('*.whl'))
    run(
        [*pip, 'install', '-q', '--no-deps', '--target', work / 'tried', wheel],
        log=log,
        what='unpacking the built mmcv',
        env=env,
    )
    run(
        [python, '-c', TRY_OPERATORS],
        log=log,
        what='trying the operators of the built mmcv',
        env={**env, 'PYTHONPATH': str(work / 'tried')},
    )
    return wheel


def build_environment(python: Path, device: str, jobs: str) -> Mapping[str, str]:
    """Return the environment variables of the build.

    Args:
        python (Path): The interpreter to build with; ninja is in the same folder.
        device (str): cpu or cuda.
        jobs (str): Number of files to compile in parallel.
    """
    env = {
        **os.environ,
        'PATH': f'{python.parent}{os.pathsep}{os.environ.get("PATH", os.defpath)}',
        'MAX_JOBS': jobs,
        'MMCV_WITH_OPS': '1',
        'CFLAGS': f'{COMPILER_FLAGS} {os.environ.get("CFLAGS", "")}'.strip(),
    }
    if device == 'cpu':
        # With a visible GPU, setup.py would build for it even without a toolkit.
        env |= {'CUDA_VISIBLE_DEVICES': '', 'FORCE_CUDA': '0'}
    return env


def unpack(archive: Path) -> Path:
    """Unpack the source of mmcv and return its folder."""
    with tarfile.open(archive) as tar:
        tar.extractall(archive.parent, **_SAFELY)
    return archive.parent / archive.name.removesuffix('.tar.gz')


def set_cpp17(source: Path) -> None:
    """Change the C++ standard in setup.py of mmcv 2.0 to C++17."""
    setup = source / 'setup.py'
    text = setup.read_text(encoding='utf-8')
    if '-std=c++14' not in text:
        raise SetupError(
            f'setup.py of {source.name} does not set C++14, so this is not the mmcv in '
            'requirements/mmcv.txt: check the index in your pip configuration.'
        )
    setup.write_text(text.replace('-std=c++14', '-std=c++17'), encoding='utf-8')


def _keep(wheel: Path, folder: Path) -> None:
    """Copy a wheel into the cache in one step, so that no partial wheel remains."""
    partial = folder / f'.{wheel.name}.partial'
    shutil.copyfile(wheel, partial)
    os.replace(partial, folder / wheel.name)


# The first patch releases of 3.10 and 3.11 have no extraction filters.
_SAFELY = {'filter': 'data'} if hasattr(tarfile, 'data_filter') else {}

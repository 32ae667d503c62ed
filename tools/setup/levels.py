"""The two levels of `.venv`: bring it to one, and know when it is there.

They share one environment. `pretrain` has mmcv without operators; `test` is all of
`pretrain` with the compiled mmcv, mmdet, mmsegmentation and the test tools.
"""

import hashlib
import json
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

from .commands import SetupError, lock, say
from .environment import Environment
from .machine import check_disk
from .mmcv_wheel import TRY_OPERATORS, WheelKey, compiled_wheel, device_wanted
from .progress import as_duration

LEVELS = ('pretrain', 'test')

# The requirement files of each level, and what must import once it is installed.
# Importing also writes the bytecode that pip is told not to, and only of what is used.
REQUIREMENTS = {
    'pretrain': ('base.txt', 'pretrain.txt'),
    'test': ('base.txt', 'test.txt', 'mmcv.txt'),
}
IMPORTS = {
    'pretrain': 'import matplotlib.pyplot, skimage.io, sklearn.datasets, torchvision\n'
    'import mmselfsup.datasets, mmselfsup.engine, mmselfsup.models, mmengine.runner\n',
    'test': 'import hypothesis, mim, pytest\n'
    'import mmdet.apis, mmseg.apis, mmselfsup.datasets, mmselfsup.models\n'
    + TRY_OPERATORS,
}


class BrokenEnvironment(SetupError):
    """The packages are installed, and yet they do not import."""


def prepare(
    environment: Environment, project: Path, level: str, remake: bool = False
) -> None:
    """Bring the environment to a level; do nothing where it is there.

    Args:
        environment (Environment): The environment.
        project (Path): The folder of the project, which is installed editable.
        level (str): One of LEVELS. An environment that has the compiled mmcv is kept
            at `test`: it is the last thing that level installs, so finishing it is
            quicker than going back.
        remake (bool): Remake an environment that has another Python than this one.
    """
    with lock(project, 'another set-up works in this folder; waiting for it'):
        this = '.'.join(map(str, sys.version_info[:2]))
        usable = environment.version is not None
        if usable and not (remake and environment.version != this):
            if 'mmcv' in environment.packages():
                level = 'test'
            if is_ready(environment, project, level):
                return
            try:
                install(environment, project, level)
                return
            except BrokenEnvironment:
                say('this environment is beyond repair; making it anew')
        check_disk(project, 10, 'the environment (PyTorch with its CUDA packages)')
        environment.make()
        install(environment, project, level)


def install(environment: Environment, project: Path, level: str) -> None:
    """Install all that a level needs, check it, and write down that it is there."""
    began = time.monotonic()
    environment.stamp.unlink(missing_ok=True)
    environment.log.unlink(missing_ok=True)
    environment.remove_half_installed()
    requirements = project / 'requirements'
    check_disk(project, 2, 'the set-up')

    unwanted = 'mmcv' if level == 'pretrain' else 'mmcv-lite'
    if unwanted in environment.packages():
        # Each owns the folder `mmcv`: where both are, neither is whole.
        what = f'removing {unwanted}'
        environment.pip('uninstall', '-y', 'mmcv', 'mmcv-lite', what=what)
    size = '' if 'torch' in environment.packages() else ' (2 GB to download)'
    say(f'installing PyTorch and the OpenMMLab packages{size}')
    environment.pip(
        *('install', '--no-compile', '--progress-bar', 'off'),
        *('-r', requirements / f'{level}.txt'),
        what='installing the packages',
        on_line=_show_large_download,
    )
    environment.pip(
        *('install', '--no-deps', '--no-build-isolation', '--editable', project),
        what='installing setsim_mm',
    )
    if level == 'test':
        wheel = compiled_wheel(
            environment.python,
            wheel_key(environment, requirements),
            requirements / 'mmcv.txt',
            environment.temporary,
        )
        environment.pip(
            *('install', '--no-compile', '--no-deps', '--force-reinstall', wheel),
            what='installing the compiled mmcv',
        )
    say('checking that everything imports')
    check_opencv(environment)
    failure = environment.tries(IMPORTS[level])
    if failure:
        raise BrokenEnvironment(
            'the installed packages do not work together: '
            f'{failure.splitlines()[-1]}\nRemove {environment.folder} and run the same '
            'command again.'
        )
    shutil.rmtree(environment.temporary, ignore_errors=True)
    stamp = {
        'fingerprint': fingerprint(project, level),
        'packages': environment.packages(),
    }
    environment.stamp.write_text(json.dumps(stamp, indent=2))
    say(
        f'{environment.folder.name} is ready after '
        f'{as_duration(time.monotonic() - began)}'
    )


def is_ready(environment: Environment, project: Path, level: str) -> bool:
    """Tell whether a level is installed, whole, and as the requirements have it now."""
    try:
        stamp = json.loads(environment.stamp.read_text())
    except (OSError, ValueError):
        return False
    return (
        stamp.get('fingerprint') == fingerprint(project, level)
        and stamp['packages'].items() <= environment.packages().items()
    )


def fingerprint(project: Path, level: str) -> str:
    """Digest all that decides what a level installs.

    The project's folder is part of it: a clone that was moved is installed under its
    old name.
    """
    digest = hashlib.sha256(f'{project.resolve()} {level} {device_wanted()}'.encode())
    for name in REQUIREMENTS[level]:
        digest.update((project / 'requirements' / name).read_bytes())
    return digest.hexdigest()


def wheel_key(environment: Environment, requirements: Path) -> WheelKey:
    """Say on what this environment's compiled mmcv depends."""
    pinned = re.search(
        r'^mmcv==(\S+)', (requirements / 'mmcv.txt').read_text(), re.MULTILINE
    )
    ask = 'import sysconfig; print(sysconfig.get_platform())'
    platform = subprocess.check_output([environment.python, '-c', ask], text=True)
    return WheelKey(
        mmcv=pinned[1],
        torch=environment.packages()['torch'],
        python=environment.version,
        platform=platform.strip(),
        device=device_wanted(),
    )


def check_opencv(environment: Environment) -> None:
    """Take OpenCV without windows where the machine has no libraries for them.

    mmengine asks for opencv-python, which needs libGL; a bare Debian has none.
    """
    failure = environment.tries('import cv2')
    if failure is None:
        return
    version = environment.packages().get('opencv-python')
    if version is None or 'cannot open shared object file' not in failure:
        raise BrokenEnvironment(f'OpenCV does not import: {failure.splitlines()[-1]}')
    say('this machine has no libGL; taking OpenCV without windows instead')
    what = 'installing opencv-python-headless'
    environment.pip('uninstall', '-y', 'opencv-python', what=what)
    environment.pip(
        *('install', '--no-compile', '--no-deps', '--force-reinstall'),
        f'opencv-python-headless=={version}',
        what=what,
    )
    failure = environment.tries('import cv2')
    if failure:
        raise SetupError(
            f'OpenCV does not import ({failure.splitlines()[-1]}): run `apt-get '
            'install libgl1 libglib2.0-0` (Debian, Ubuntu) and the same command again.'
        )


def _show_large_download(line: str) -> None:
    """Show a download of 50 MB or more, and when pip turns to unpacking."""
    found = re.search(r'Downloading (\S+?)-\d\S* \((\d+\.?\d*) ([MG])B\)', line)
    if found and (found[3] == 'G' or float(found[2]) >= 50):
        name = found[1].rpartition('/')[2]
        print(f'  {name} ({found[2]} {found[3]}B)', flush=True)
    elif line.startswith('Installing collected packages'):
        print('  unpacking', flush=True)

"""The two levels of packages in `.venv`: install one, and check if it is installed.

`pretrain` has mmcv without operators. `test` has all packages of `pretrain`, with the
compiled mmcv, and mmdet, mmsegmentation and the test tools.
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

# The requirement files of each level, and the imports that must work. The imports also
# write the bytecode of used modules; pip does not compile any.
REQUIREMENTS = {
    'pretrain': ('base.txt', 'pretrain.txt'),
    'test': ('base.txt', 'test.txt', 'mmcv.txt'),
}
TRAINING_IMPORTS = (
    'import mmselfsup.datasets, mmselfsup.engine, mmselfsup.models, mmengine.runner\n'
)
IMPORTS = {
    'pretrain': 'import matplotlib.pyplot, skimage.io, sklearn.datasets, torchvision\n'
    + TRAINING_IMPORTS,
    'test': 'import hypothesis, mim, pytest\n'
    'import mmdet.apis, mmseg.apis, mmselfsup.datasets, mmselfsup.models\n'
    + TRY_OPERATORS,
}


class BrokenEnvironment(SetupError):
    """The packages are installed but cannot be imported."""


def prepare(
    environment: Environment, project: Path, level: str, remake: bool = False
) -> None:
    """Install a level in the environment if it is not installed.

    Args:
        environment (Environment): The environment.
        project (Path): The folder of the project, which is installed editable.
        level (str): One of LEVELS. An environment with the compiled mmcv stays at
            `test`, because mmcv is the last package of that level.
        remake (bool): Whether to remake an environment with a different Python version.
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
                say('this environment cannot be repaired; making a new one')
        check_disk(project, 10, 'the environment (PyTorch with its CUDA packages)')
        environment.make()
        install(environment, project, level)


def install(environment: Environment, project: Path, level: str) -> None:
    """Install the packages of a level, check them, and write the record."""
    began = time.monotonic()
    environment.stamp.unlink(missing_ok=True)
    environment.log.unlink(missing_ok=True)
    environment.remove_half_installed()
    requirements = project / 'requirements'
    check_disk(project, 2, 'the set-up')

    unwanted = 'mmcv' if level == 'pretrain' else 'mmcv-lite'
    if unwanted in environment.packages():
        # Both install the folder `mmcv`, so that one damages the other.
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
    """Return whether a level is completely installed, with the current requirements."""
    try:
        stamp = json.loads(environment.stamp.read_text())
    except (OSError, ValueError):
        return False
    return (
        stamp.get('fingerprint') == fingerprint(project, level)
        and stamp['packages'].items() <= environment.packages().items()
    )


def fingerprint(project: Path, level: str) -> str:
    """Return a digest of everything that decides what a level installs.

    This includes the project's folder, because an editable installation contains it.
    """
    digest = hashlib.sha256(f'{project.resolve()} {level} {device_wanted()}'.encode())
    for name in REQUIREMENTS[level]:
        digest.update((project / 'requirements' / name).read_bytes())
    return digest.hexdigest()


def wheel_key(environment: Environment, requirements: Path) -> WheelKey:
    """Return the properties on which the compiled mmcv of an environment depends."""
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
    """Install opencv-python-headless if the machine lacks opencv-python's libraries.

    mmengine requires opencv-python, which needs libGL. A minimal Debian lacks it.
    """
    failure = environment.tries('import cv2')
    if failure is None:
        return
    version = environment.packages().get('opencv-python')
    if version is None or 'cannot open shared object file' not in failure:
        raise BrokenEnvironment(f'OpenCV does not import: {failure.splitlines()[-1]}')
    say('this machine has no libGL; installing opencv-python-headless instead')
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
    """Print downloads of 50 MB or more, and the start of unpacking."""
    found = re.search(r'Downloading (\S+?)-\d\S* \((\d+\.?\d*) ([MG])B\)', line)
    if found and (found[3] == 'G' or float(found[2]) >= 50):
        name = found[1].rpartition('/')[2]
        print(f'  {name} ({found[2]} {found[3]}B)', flush=True)
    elif line.startswith('Installing collected packages'):
        print('  unpacking', flush=True)

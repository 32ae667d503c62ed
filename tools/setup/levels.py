"""The two levels of packages of a host: install one, and check if it is installed.

`pretrain` has what pre-training needs. `test` has all packages of `pretrain` and the
test tools and, where the host has dense benchmarks, the compiled mmcv with mmdet and
mmsegmentation.
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
from .hosts import HOSTS, Host
from .installer import find_uv
from .machine import check_disk
from .mmcv_wheel import WheelKey, compiled_wheel, device_wanted
from .progress import as_duration

DEFAULT = HOSTS['mmselfsup']


class BrokenEnvironment(SetupError):
    """The packages are installed but cannot be imported."""


def prepare(
    environment: Environment,
    project: Path,
    level: str,
    remake: bool = False,
    host: Host = DEFAULT,
) -> None:
    """Install a level in the environment if it is not installed.

    Args:
        environment (Environment): The environment.
        project (Path): The folder of the project, which is installed editable.
        level (str): One of LEVELS. An environment at `test` stays there.
        remake (bool): Whether to remake an environment with a different Python version.
        host (Host): The host whose packages are installed. Defaults to MMSelfSup.
    """
    with lock(project, 'another set-up works in this folder; waiting for it'):
        this = '.'.join(map(str, sys.version_info[:2]))
        usable = environment.version is not None
        if usable and not (remake and environment.version != this):
            if host.only_at_test in environment.packages():
                level = 'test'
            if is_ready(environment, project, level, host):
                return
            try:
                install(environment, project, level, host)
                return
            except BrokenEnvironment:
                say('this environment cannot be repaired; making a new one')
        check_disk(project, 10, 'the environment (PyTorch with its CUDA packages)')
        environment.make()
        install(environment, project, level, host)


def install(
    environment: Environment, project: Path, level: str, host: Host = DEFAULT
) -> None:
    """Install the packages of a level, check them, and write the record."""
    began = time.monotonic()
    environment.stamp.unlink(missing_ok=True)
    environment.log.unlink(missing_ok=True)
    environment.remove_half_installed()
    requirements = project / 'requirements'
    check_disk(project, 2, 'the set-up')

    unwanted = 'mmcv-lite' if host.compiled(level) else 'mmcv'
    if unwanted in environment.packages():
        # Both install the folder `mmcv`, so that one damages the other.
        what = f'removing {unwanted}'
        environment.pip('uninstall', '-y', 'mmcv', 'mmcv-lite', what=what)
    size = '' if 'torch' in environment.packages() else ' (2 GB to download)'
    say(f'installing PyTorch and the OpenMMLab packages{size}')
    install_packages(environment, requirements / host.install_file(level))
    environment.pip(
        *('install', '--no-deps', '--no-build-isolation', '--editable', project),
        what='installing setsim_mm',
    )
    if host.compiled(level):
        requirement = requirements / host.mmcv
        wheel = compiled_wheel(
            environment.python,
            wheel_key(environment, requirement),
            requirement,
            environment.temporary,
        )
        environment.pip(
            *('install', '--no-compile', '--no-deps', '--force-reinstall', wheel),
            what='installing the compiled mmcv',
        )
    say('checking that everything imports')
    check_opencv(environment)
    failure = environment.tries(host.imports[level])
    if failure:
        raise BrokenEnvironment(
            'the installed packages do not work together: '
            f'{failure.splitlines()[-1]}\nRemove {environment.folder} and run the same '
            'command again.'
        )
    shutil.rmtree(environment.temporary, ignore_errors=True)
    stamp = {
        'fingerprint': fingerprint(project, level, host),
        'packages': environment.packages(),
    }
    environment.stamp.write_text(json.dumps(stamp, indent=2))
    say(
        f'{environment.folder.name} is ready after '
        f'{as_duration(time.monotonic() - began)}'
    )


def install_packages(environment: Environment, requirement: Path) -> None:
    """Install a file of requirements with uv or pip."""
    uv = find_uv(environment.python)
    options = ('-r', requirement)
    what = 'installing the packages'
    if uv:
        environment.execute(
            *(uv, 'pip', 'install', '--python', environment.python, *options),
            what=what,
            on_line=_show_large_download,
        )
    else:
        environment.pip(
            *('install', '--no-compile', '--progress-bar', 'off', *options),
            what=what,
            on_line=_show_large_download,
        )


def is_ready(
    environment: Environment, project: Path, level: str, host: Host = DEFAULT
) -> bool:
    """Return whether a level is completely installed, with the current requirements."""
    try:
        stamp = json.loads(environment.stamp.read_text())
    except (OSError, ValueError):
        return False
    return (
        stamp.get('fingerprint') == fingerprint(project, level, host)
        and stamp['packages'].items() <= environment.packages().items()
    )


def fingerprint(project: Path, level: str, host: Host = DEFAULT) -> str:
    """Return a digest of everything that decides what a level installs.

    This includes the project's folder, because an editable installation contains it.
    """
    digest = hashlib.sha256(f'{project.resolve()} {level} {device_wanted()}'.encode())
    for name in host.requirements[level]:
        digest.update((project / 'requirements' / name).read_bytes())
    return digest.hexdigest()


def wheel_key(environment: Environment, requirement: Path) -> WheelKey:
    """Return the properties on which the compiled mmcv of an environment depends."""
    pinned = re.search(r'^([\w-]+)==(\S+)', requirement.read_text(), re.MULTILINE)
    ask = 'import sysconfig; print(sysconfig.get_platform())'
    platform = subprocess.check_output([environment.python, '-c', ask], text=True)
    return WheelKey(
        package=pinned[1],
        mmcv=pinned[2],
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
    # pip: `Downloading torch-2.11.0-cp311….whl (530.6 MB)`; uv: `Downloading torch
    # (506.1MiB)`.
    found = re.search(r'Downloading (\S+?)(?:-\d\S*)? \((\d+\.?\d*) ?([MG])i?B\)', line)
    if found and (found[3] == 'G' or float(found[2]) >= 50):
        name = found[1].rpartition('/')[2]
        print(f'  {name} ({found[2]} {found[3]}B)', flush=True)
    elif line.startswith('Installing collected packages'):
        print('  unpacking', flush=True)

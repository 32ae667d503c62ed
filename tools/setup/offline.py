"""Install the wheels of `make wheels` without a package index: offline.sh.

They go into a new environment that also sees the packages of this Python, which has
torch and torchvision.
"""

import argparse
import re
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

from .commands import SetupError, say
from .environment import Environment
from .hosts import TRAINING_IMPORTS

PROJECT = Path(__file__).resolve().parents[2]
# Packages of the machine by the module that is imported. They are too large to pack by
# default.
EXPECTED = {
    'cv2': 'opencv-python-headless',
    'matplotlib': 'matplotlib',
    'numpy': 'numpy',
    'pandas': 'pandas',
    'scipy': 'scipy',
    'sklearn': 'scikit-learn',
}
REPORT = (
    'import torch\n'
    'gpus = [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())]\n'
    'print(f"torch {torch.__version__}, " + (", ".join(gpus) or "no GPU"))'
)


def main() -> int:
    """Parse the arguments and install; print a failure as one sentence."""
    parser = argparse.ArgumentParser(prog='offline.sh', description=__doc__)
    parser.add_argument('folder', type=Path, help='folder of the wheels')
    parser.add_argument(
        'environment',
        type=Path,
        nargs='?',
        default=PROJECT / '.venv',
        help='folder of the new environment (default: .venv)',
    )
    args = parser.parse_args()
    environment = Environment(args.environment.absolute())
    try:
        check_torch()
        wheels = wheels_for(args.folder, sys.version_info[:2])
        make(environment)
        install(environment, wheels)
        check(environment)
    except SetupError as error:
        print(f'offline: {error}', file=sys.stderr)
        return 1
    reported = subprocess.check_output([environment.python, '-c', REPORT], text=True)
    print(
        f'Ready ({reported.strip()}). Check the GPU with `{environment.python} '
        f'tools/speed/gpu_check.py`, train with `{environment.python} tools/train.py '
        'CONFIG`.'
    )
    return 0


def check_torch() -> None:
    """Raise an error if this Python lacks torch or torchvision."""
    for package in ('torch', 'torchvision'):
        if find_spec(package) is None:
            raise SetupError(
                f'{sys.executable} has no {package}: name the Python that has torch '
                'and torchvision, such as `PYTHON=/opt/torch/bin/python3 '
                'tools/setup/offline.sh wheels`.'
            )


def wheels_for(folder: Path, version: tuple[int, int]) -> list[Path]:
    """Return the wheels in a folder.

    Raises:
        SetupError: If there are none, or if they are for another version of Python.
    """
    wheels = sorted(folder.glob('*.whl'))
    if not wheels:
        raise SetupError(
            f'there are no wheels in {folder}: make them with `make wheels '
            f'PYTHON={version[0]}.{version[1]}` where a package index can be reached.'
        )
    compiled = {
        tag for wheel in wheels for tag in re.findall(r'-cp(3\d+)-cp3\d+-', wheel.name)
    }
    if compiled - {f'{version[0]}{version[1]}'}:
        raise SetupError(
            f'the wheels in {folder} are not for Python {version[0]}.{version[1]}: '
            f'make them with `make wheels PYTHON={version[0]}.{version[1]}`, or name '
            'another Python with PYTHON=.'
        )
    return wheels


def make(environment: Environment) -> None:
    """Make an environment that sees the packages of this Python.

    An environment that is made from another one sees only the packages of the system.
    A file adds those of this one.
    """
    folder = environment.folder
    settings = folder / 'pyvenv.cfg'
    if settings.is_file() and 'system-site-packages = true' in settings.read_text():
        shutil.rmtree(folder)
    if folder.exists():
        raise SetupError(
            f'{folder} was not made by this command: name another folder, such as '
            '`tools/setup/offline.sh wheels .venv-offline`.'
        )
    say(f'making {folder.name} with Python {sys.version.split()[0]}')
    options = ['--system-site-packages', '--without-pip']
    made = subprocess.run(
        [sys.executable, '-m', 'venv', *options, folder], capture_output=True, text=True
    )
    if made.returncode:
        said = (made.stderr or made.stdout).strip().splitlines() or ['no output']
        raise SetupError(f'the environment cannot be made: {said[-1]}')
    places = dict.fromkeys(
        str(Path(find_spec(name).origin).parents[1])
        for name in ('torch', 'torchvision', *filter(find_spec, EXPECTED))
    )
    lines = [f'import site; site.addsitedir({place!r})' for place in places]
    given = environment.site_packages / 'given_packages.pth'
    given.write_text('\n'.join(lines) + '\n')


def install(environment: Environment, wheels: list[Path]) -> None:
    """Install pip, the wheels and the project."""
    say(f'installing {len(wheels)} wheels')
    pip = next((wheel for wheel in wheels if wheel.name.startswith('pip-')), None)
    if pip is None:
        raise SetupError('the folder has no wheel of pip: make it with `make wheels`.')
    options = ['install', '--no-index', '--no-deps', '--no-compile']
    # A wheel is an archive from which Python can run pip.
    environment.run(
        f'{pip}/pip', *options, '--ignore-installed', pip, what='installing pip'
    )
    environment.pip(
        *options, '--ignore-installed', *wheels, what='installing the wheels'
    )
    environment.pip(
        *options,
        *('--no-build-isolation', '--editable', PROJECT),
        what='installing setsim_mm',
    )
    shutil.rmtree(environment.temporary, ignore_errors=True)


def check(environment: Environment) -> None:
    """Raise an error that names what is missing."""
    say('checking that everything imports')
    missing = [
        package
        for module, package in EXPECTED.items()
        if environment.tries(f'import {module}') is not None
    ]
    version = environment.version
    if missing:
        names = ' '.join(missing)
        raise SetupError(
            f'this machine lacks {", ".join(missing)}, which are not packed by '
            f'default: run `make wheels PYTHON={version} WITH="{names}" LIMIT=200` and '
            'copy the folder again.'
        )
    failure = environment.tries(f'import torchvision, setsim_mm\n{TRAINING_IMPORTS}')
    if failure:
        raise SetupError(
            f'the packages do not work together: {failure.splitlines()[-1]} (pip wrote '
            f'{environment.log}).'
        )


if __name__ == '__main__':
    sys.exit(main())

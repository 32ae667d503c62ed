"""Pack the wheels that pre-training needs beside a given torch: `make wheels`.

They are for a machine without a package index, where tools/setup/offline.sh installs
them. Packages that such a machine has anyway are not packed (docs/gpu_machine.md).
"""

import argparse
import platform
import re
import sys
import tempfile
from collections.abc import Iterable, Sequence
from importlib.util import find_spec
from pathlib import Path

from .commands import SetupError, run

PROJECT = Path(__file__).resolve().parents[2]
REQUIREMENTS = PROJECT / 'requirements'
MEGABYTE = 1_000_000
# torch 2.11 itself needs glibc 2.28; older wheels are for 2.5 and later.
GLIBC = range(28, 4, -1)
OLDER_NAMES = ('manylinux2014', 'manylinux2010', 'manylinux1')
# What pip prints without and with a constraint on the version.
NOT_FOUND = r'(?:No matching distribution found for|Cannot install) ([^\s(]+)'
# Required by torch and torchvision, so that the machine has them.
GIVEN = {'torch', 'torchvision', 'triton', 'numpy', 'pillow', 'filelock', 'fsspec'}
GIVEN |= {'jinja2', 'markupsafe', 'mpmath', 'networkx', 'sympy', 'typing-extensions'}


def main() -> int:
    """Parse the arguments, pack and print the wheels; print a failure as a sentence."""
    parser = argparse.ArgumentParser(
        prog='python -m tools.setup.wheels', description=__doc__
    )
    parser.add_argument(
        '--python', required=True, help='Python of the machine, such as 3.12'
    )
    parser.add_argument(
        '--machine', default=platform.machine(), help='processor (%(default)s)'
    )
    parser.add_argument(
        '--out',
        type=Path,
        default=PROJECT / 'wheels',
        help='output folder, whose wheels are replaced (default: wheels)',
    )
    parser.add_argument(
        '--with',
        dest='extra',
        nargs='*',
        default=[],
        metavar='PACKAGE',
        help='further packages, with what they require',
    )
    parser.add_argument(
        '--limit', type=float, default=30, help='maximum size in MB (%(default)s)'
    )
    args = parser.parse_args()
    try:
        wheels = pack(args.python, args.machine, args.out, args.extra)
        print('\n'.join(list_of(wheels)))
        check_size(wheels, args.limit)
    except SetupError as error:
        print(f'wheels: {error}', file=sys.stderr)
        return 1
    print(f'On the machine: tools/setup/offline.sh {args.out}')
    return 0


def pack(python: str, machine: str, folder: Path, extra: Sequence[str]) -> list[Path]:
    """Download the wheels into a folder and return them.

    Args:
        python (str): Version of the machine's Python, such as 3.12.
        machine (str): Its processor, such as x86_64.
        folder (Path): Output folder. The wheels in it are replaced at the end.
        extra (Sequence[str]): Further packages. What they require is packed too, except
            what torch and torchvision bring.

    Raises:
        SetupError: If the version is not supported or a wheel cannot be had.
    """
    if not re.fullmatch(r'3\.1[0-2]', python):
        raise SetupError(
            f'PYTHON={python} is not 3.10, 3.11 or 3.12: name the version of the '
            "machine's Python, such as `make wheels PYTHON=3.12`."
        )
    if find_spec('pip') is None:
        raise SetupError(
            f'{sys.executable} has no pip: run `make env` first, whose Python has it.'
        )
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / 'pip.log'
    log.unlink(missing_ok=True)
    with tempfile.TemporaryDirectory(prefix='.new-', dir=folder) as new:
        target = [*target_options(python, machine), '-d', new]
        for name in ('common.txt', 'base.txt'):
            target += ['-c', REQUIREMENTS / name]
        _download(['--no-deps', *target, '-r', REQUIREMENTS / 'offline.txt'], log)
        if extra:
            _download([*target, *extra], log)
        for old in folder.glob('*.whl'):
            old.unlink()
        for wheel in Path(new).glob('*.whl'):
            if name_of(wheel) not in GIVEN:
                wheel.rename(folder / wheel.name)
    return sorted(folder.glob('*.whl'))


def target_options(python: str, machine: str) -> list[str]:
    """Return pip's options for wheels of another Python on Linux."""
    names = [*(f'manylinux_2_{minor}' for minor in GLIBC), *OLDER_NAMES]
    platforms = [f'--platform={name}_{machine}' for name in names]
    return [
        *('--only-binary=:all:', '--implementation=cp', f'--python-version={python}'),
        *platforms,
    ]


def name_of(wheel: Path) -> str:
    """Return the normalised name of a wheel's package."""
    return re.sub(r'[-_.]+', '-', wheel.name.partition('-')[0]).lower()


def list_of(wheels: Iterable[Path]) -> list[str]:
    """Return a line for each wheel with its size, and one for all of them."""
    sizes = {wheel.name: wheel.stat().st_size / MEGABYTE for wheel in wheels}
    lines = [f'{size:7.2f} MB  {name}' for name, size in sizes.items()]
    return [*lines, f'{sum(sizes.values()):7.2f} MB  {len(sizes)} wheels']


def check_size(wheels: Iterable[Path], limit: float) -> None:
    """Raise an error if wheels are larger than a limit in MB."""
    size = sum(wheel.stat().st_size for wheel in wheels) / MEGABYTE
    if size > limit:
        raise SetupError(
            f'the wheels take {size:.1f} MB, more than {limit:g} MB: pack fewer '
            'packages WITH them, or raise LIMIT.'
        )


def _download(options: Sequence[str | Path], log: Path) -> None:
    """Download wheels; name the package whose wheel cannot be had."""
    lines: list[str] = []
    pip = [sys.executable, '-m', 'pip', 'download', '--progress-bar', 'off']
    try:
        run([*pip, *options], log=log, what='packing', on_line=lines.append)
    except SetupError:
        found = re.search(NOT_FOUND, '\n'.join(lines))
        if found is None:
            raise
        raise SetupError(
            f'there is no wheel of {found[1]} for this Python and processor: choose '
            f'another PYTHON, or check the index in your pip configuration ({log}).'
        ) from None


if __name__ == '__main__':
    sys.exit(main())

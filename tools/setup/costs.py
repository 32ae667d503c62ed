"""Measure what each dependency costs to install and to import.

`.venv/bin/python -m tools.setup.costs` prints a row of docs/dependencies.md for each
package that pyproject.toml and requirements/*.txt name and the environment has. The
sizes of the wheels come from PyPI; everything else works offline.
"""

import argparse
import json
import re
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import Distribution, distribution, packages_distributions
from pathlib import Path
from typing import Any
from urllib.request import urlopen

try:
    import tomllib
except ModuleNotFoundError:  # Python 3.10, where mmengine's yapf requires tomli
    import tomli as tomllib

PROJECT = Path(__file__).resolve().parents[2]
# Programs, and packages that only other tools load.
NOT_IMPORTED = ('ninja', 'ruff', 'mypy', 'pytest-timeout', 'pytest-xdist')
TIMED = (
    'import time; b = time.process_time(); import {}; print(time.process_time() - b)'
)
REPEATS = 3
PYPI = 'https://pypi.org/pypi/{}/json'
HEAD = (
    '| package | version | wheel, MB | installed, MB | import, CPU s |',
    '|---|---|---|---|---|',
)


def main() -> int:
    """Parse the command line and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.partition('\n')[0])
    parser.add_argument('packages', nargs='*', help='default: all direct dependencies')
    parser.add_argument(
        '--offline', action='store_true', help='without sizes of wheels'
    )
    arguments = parser.parse_args()
    print('\n'.join(HEAD))
    missing = []
    for name in arguments.packages or dependencies(PROJECT):
        try:
            installed = distribution(name)
        except ModuleNotFoundError:
            missing.append(name)
            continue
        print(row(installed, offline=arguments.offline), flush=True)
    if missing:
        print(f'\nnot installed here: {", ".join(missing)}')
    return 0


def dependencies(project: Path) -> list[str]:
    """Return the names in pyproject.toml and requirements/, sorted, each once."""
    table = tomllib.loads((project / 'pyproject.toml').read_text())['project']
    lines = list(table['dependencies'])
    for extra in table.get('optional-dependencies', {}).values():
        lines += extra
    for file in sorted((project / 'requirements').glob('*.txt')):
        # offline.txt lists what the others bring as well.
        if file.name != 'offline.txt':
            lines += file.read_text().splitlines()
    return sorted(names_of(lines) - {'setsim-mm'})


def names_of(lines: Iterable[str]) -> set[str]:
    """Return the normalised names in lines of requirements.

    Comments, options such as ``-r FILE`` and empty lines have none.
    """
    found = (re.match(r'\s*([A-Za-z0-9][\w.-]*)', line) for line in lines)
    return {normalised(match[1]) for match in found if match}


def normalised(name: str) -> str:
    """Return a name as the package index compares it."""
    return re.sub(r'[-_.]+', '-', name).lower()


def row(installed: Distribution, offline: bool) -> str:
    """Return one line of the table; a dash stands for what cannot be measured."""
    name = normalised(installed.metadata['Name'])
    wheel = None if offline else wheel_size(name, installed.version)
    seconds = import_seconds(name)
    return '| {} | {} | {} | {} | {} |'.format(
        name,
        installed.version,
        megabytes(wheel),
        megabytes(installed_size(installed)),
        '-' if seconds is None else f'{seconds:.2f}',
    )


def megabytes(size: int | None) -> str:
    """Return a size in MB of 10^6 bytes, with two significant digits below 10."""
    if size is None:
        return '-'
    number = size / 1e6
    return f'{number:.0f}' if number >= 10 else f'{number:.2g}'


def installed_size(installed: Distribution) -> int:
    """Return the bytes of a package's files, compiled ones included."""
    files = (file.locate() for file in installed.files or ())
    return sum(Path(file).stat().st_size for file in files if Path(file).is_file())


def wheel_size(name: str, version: str) -> int | None:
    """Return the bytes that pip downloads for a release, None if unknown."""
    try:
        with urlopen(PYPI.format(name), timeout=20) as answer:
            files = json.load(answer)['releases'][version]
    except (OSError, ValueError, KeyError):
        return None
    return size_for_linux(files, f'cp{sys.version_info.major}{sys.version_info.minor}')


def size_for_linux(files: Sequence[Mapping[str, Any]], python: str) -> int | None:
    """Return the size of the file that fits x86-64 Linux.

    Args:
        files (Sequence[Mapping[str, Any]]): ``filename`` and ``size`` of each.
        python (str): The tag of the interpreter, such as ``'cp311'``.

    Returns:
        int | None: A wheel's size, that of the source if no wheel fits, or None.
    """
    sizes = {file['filename']: file['size'] for file in files}
    fitting = (
        rf'-{python}-{python}-manylinux\S*x86_64',
        r'-(cp3\d+-abi3|py3-none|py2.py3-none)-manylinux\S*x86_64',
        r'-none-any\.whl$',
        r'\.tar\.gz$',
    )
    for pattern in fitting:
        for name, size in sizes.items():
            if re.search(pattern, name):
                return size
    return None


def import_seconds(name: str) -> float | None:
    """Return the least CPU time of importing a package in a new interpreter."""
    module = None if name in NOT_IMPORTED else module_of(name, packages_distributions())
    if module is None:
        return None
    times = []
    for _ in range(REPEATS):
        command = [sys.executable, '-c', TIMED.format(module)]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            return None
        times.append(float(done.stdout.split()[-1]))
    return min(times)


def module_of(name: str, providers: Mapping[str, Sequence[str]]) -> str | None:
    """Return the module to import: the one of the same name, else the first public one.

    Args:
        name (str): Normalised name of a package.
        providers (Mapping[str, Sequence[str]]): Names of packages by module.
    """
    modules = sorted(
        module
        for module, packages in providers.items()
        if name in map(normalised, packages)
        and module.isidentifier()
        and not module.startswith('_')
    )
    same = [module for module in modules if normalised(module) == name]
    return next(iter(same + modules), None)


if __name__ == '__main__':
    sys.exit(main())

"""A virtual environment: make it, mend it, run its Python and its pip."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from .commands import SetupError, advice, run, say
from .machine import check_venv


@dataclass
class Environment:
    """A virtual environment.

    Args:
        folder (Path): Its folder.
    """

    folder: Path

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return self.folder / 'bin' / 'python'

    @property
    def log(self) -> Path:
        """Where the output of its installation is written."""
        return self.folder / 'setup.log'

    @property
    def stamp(self) -> Path:
        """Where it is written what was installed, once all of it was."""
        return self.folder / 'setup.json'

    @property
    def temporary(self) -> Path:
        """Where pip unpacks: on the same disk, and gone when it is done."""
        return self.folder / 'tmp'

    @cached_property
    def version(self) -> str | None:
        """The Python that it runs, as in 3.11; None where it is missing or broken."""
        ask = 'import pip, sys; print("%d.%d" % sys.version_info[:2])'
        try:
            asked = subprocess.run(
                [self.python, '-c', ask], capture_output=True, text=True
            )
        except OSError:
            return None
        return asked.stdout.strip() if asked.returncode == 0 else None

    @property
    def site_packages(self) -> Path:
        """The folder of its packages."""
        return self.folder / 'lib' / f'python{self.version}' / 'site-packages'

    def packages(self) -> dict[str, str]:
        """List the versions of its packages by name."""
        found = {}
        for information in self.site_packages.glob('[!~]*.dist-info'):
            name, _, version = information.name.removesuffix('.dist-info').partition(
                '-'
            )
            found[re.sub(r'[-_.]+', '-', name).lower()] = version
        return found

    def make(self) -> None:
        """Make it anew, empty but for an up-to-date pip, which is the faster one."""
        check_venv()
        shutil.rmtree(self.folder, ignore_errors=True)
        say(f'making {self.folder.name} with Python {sys.version.split()[0]}')
        # Not sys.executable, which may stand in the environment just removed.
        major, minor = sys.version_info[:2]
        python = Path(sys.base_prefix, 'bin', f'python{major}.{minor}')
        made = subprocess.run(
            [python, '-m', 'venv', self.folder], capture_output=True, text=True
        )
        if made.returncode:
            said = (made.stderr or made.stdout).strip()
            raise SetupError(advice(said) or f'the environment cannot be made: {said}')
        self.__dict__.pop('version', None)
        self.pip('install', '--upgrade', 'pip', what='updating pip')

    def remove_half_installed(self) -> None:
        """Remove what an interrupted pip leaves behind.

        It writes RECORD last; without it a package counts as installed and may lack
        files. What it is about to remove it first renames to begin with `~`.
        """
        for information in self.site_packages.glob('*.dist-info'):
            if not (information / 'RECORD').is_file():
                shutil.rmtree(information)
        for leftover in self.site_packages.glob('~*'):
            shutil.rmtree(leftover, ignore_errors=True)
        shutil.rmtree(self.temporary, ignore_errors=True)

    def pip(
        self,
        *arguments: str | os.PathLike,
        what: str,
        on_line: Callable[[str], None] = lambda line: None,
    ) -> None:
        """Run its pip."""
        self.temporary.mkdir(exist_ok=True)
        run(
            [self.python, '-m', 'pip', *arguments],
            log=self.log,
            what=what,
            on_line=on_line,
            env={**os.environ, 'TMPDIR': str(self.temporary), 'PIP_USER': '0'},
        )

    def tries(self, code: str) -> str | None:
        """Run a line of Python in it; give what it says where it fails."""
        env = {k: v for k, v in os.environ.items() if k != 'PYTHONDONTWRITEBYTECODE'}
        tried = subprocess.run(
            [self.python, '-W', 'ignore', '-c', code],
            capture_output=True,
            text=True,
            env=env,
        )
        return None if tried.returncode == 0 else tried.stderr.strip()

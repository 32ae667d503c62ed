"""Create and repair a virtual environment, and run its Python and pip."""

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
        """Log of its installation."""
        return self.folder / 'setup.log'

    @property
    def stamp(self) -> Path:
        """Record of the installed packages, written when all are installed."""
        return self.folder / 'setup.json'

    @property
    def temporary(self) -> Path:
        """Temporary folder of pip, on the same disk; removed after the set-up."""
        return self.folder / 'tmp'

    @cached_property
    def version(self) -> str | None:
        """Version of its Python, such as 3.11; None if it is missing or broken."""
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
        """Return the versions of its packages by name."""
        found = {}
        for information in self.site_packages.glob('[!~]*.dist-info'):
            name, _, version = information.name.removesuffix('.dist-info').partition(
                '-'
            )
            found[re.sub(r'[-_.]+', '-', name).lower()] = version
        return found

    def make(self) -> None:
        """Create it again, with only an up-to-date pip, which is faster."""
        check_venv()
        shutil.rmtree(self.folder, ignore_errors=True)
        say(f'making {self.folder.name} with Python {sys.version.split()[0]}')
        # Not sys.executable, which may be in the environment just removed.
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
        """Remove the incomplete packages of an interrupted pip.

        pip writes RECORD last; without it, a package counts as installed but may lack
        files. Before it removes a package, pip renames it with a `~`.
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
        self.run('-m', 'pip', *arguments, what=what, on_line=on_line)

    def run(
        self,
        *arguments: str | os.PathLike,
        what: str,
        on_line: Callable[[str], None] = lambda line: None,
    ) -> None:
        """Run its Python with pip's temporary files in it, and with its log."""
        self.execute(self.python, *arguments, what=what, on_line=on_line)

    def execute(
        self,
        *command: str | os.PathLike,
        what: str,
        on_line: Callable[[str], None] = lambda line: None,
    ) -> None:
        """Run a program with its temporary folder and its log."""
        self.temporary.mkdir(exist_ok=True)
        run(
            list(command),
            log=self.log,
            what=what,
            on_line=on_line,
            env={**os.environ, 'TMPDIR': str(self.temporary), 'PIP_USER': '0'},
        )

    def tries(self, code: str) -> str | None:
        """Run Python code in it; return the error output if it fails, else None."""
        env = {k: v for k, v in os.environ.items() if k != 'PYTHONDONTWRITEBYTECODE'}
        tried = subprocess.run(
            [self.python, '-W', 'ignore', '-c', code],
            capture_output=True,
            text=True,
            env=env,
        )
        return None if tried.returncode == 0 else tried.stderr.strip()

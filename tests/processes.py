"""Programs of the repository in processes of their own."""

import subprocess
import sys
from pathlib import Path

from . import forked_python

REPO = Path(__file__).resolve().parents[1]


def environment(**more: str) -> dict[str, str]:
    """Return the environment variables of a subprocess that imports the package.

    The shell scripts start ``$PYTHON``.
    """
    python = dict(PYTHON=forked_python.forked_python())
    return {**forked_python.environment(), **python, **more}


def run(
    *command: object,
    cwd: Path,
    expect: int | None = 0,
    timeout: float = 300,
    **env: str,
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end and check its exit status."""
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=environment(**env),
        capture_output=True,
        text=True,
        timeout=timeout,
    )
    if expect is not None:
        assert done.returncode == expect, done.stdout[-5000:] + done.stderr[-5000:]
    return done


def run_python(
    script: str | Path,
    *arguments: object,
    cwd: Path,
    expect: int | None = 0,
    new_interpreter: bool = False,
) -> subprocess.CompletedProcess[str]:
    """Run one of the repository's Python programs in ``cwd``.

    Args:
        script (str or Path): Path in the repository.
        *arguments (object): Of the command.
        cwd (Path): The current folder of the program.
        expect (int or None): The exit status.
        new_interpreter (bool): Start Python as a user does, which takes seconds. One
            test of each command does, to notice missing imports.
    """
    python = sys.executable if new_interpreter else forked_python.forked_python()
    return run(python, REPO / script, *arguments, cwd=cwd, expect=expect)

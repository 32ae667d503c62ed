"""Programs in forks of the tests' process, where all packages are imported already."""

import os
import runpy
import signal
import sys
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO


class ForkedProgram:
    """A Python program that runs like a subprocess, without its imports.

    It takes the arguments of :class:`subprocess.Popen` that the runner gives.

    Args:
        command (Sequence[str]): Interpreter, program and arguments.
        stdout (IO[bytes]): The file for all output.
        env (Mapping[str, str]): All environment variables.
    """

    def __init__(
        self,
        command: Sequence[str],
        stdout: IO[bytes],
        env: Mapping[str, str],
        **_: object,
    ) -> None:
        self.returncode: int | None = None
        self.pid = os.fork()
        if not self.pid:
            self._run(command[1:], stdout, env)

    def _run(self, argv: Sequence[str], out: IO[bytes], env: Mapping[str, str]) -> None:
        """Run the program and end the process."""
        status = 1
        try:
            for descriptor in (1, 2):
                os.dup2(out.fileno(), descriptor)
            sys.stdout = sys.stderr = os.fdopen(1, 'w', buffering=1, closefd=False)
            os.environ.update(env)
            sys.argv = list(argv)
            sys.path[0] = str(Path(argv[0]).resolve().parent)
            runpy.run_path(argv[0], run_name='__main__')
            status = 0
        except SystemExit as end:
            status = end.code if isinstance(end.code, int) else int(bool(end.code))
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            os._exit(status)

    def poll(self) -> int | None:
        """Return the exit status, or None while it runs."""
        if self.returncode is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.returncode = os.waitstatus_to_exitcode(status)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the end."""
        if self.returncode is None:
            _, status = os.waitpid(self.pid, 0)
            self.returncode = os.waitstatus_to_exitcode(status)
        return self.returncode

    def terminate(self) -> None:
        """Send SIGTERM."""
        os.kill(self.pid, signal.SIGTERM)

"""Run many commands in one process, because imports take longer than most commands.

``python -m tests.test_tools.many_tools CASES`` reads a JSON list of cases, runs the
main function of each program and prints a line of JSON for each.
"""

import importlib.util
import io
import json
import os
import sys
import time
import traceback
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

REPO = Path(__file__).resolve().parents[2]


def run(script: str, arguments: list[str], folder: str) -> dict[str, Any]:
    """Run a program in a folder. The status of an exception is 'traceback'."""
    os.chdir(folder)
    sys.argv = [script, *arguments]
    sys.path[0] = str((REPO / script).parent)
    spec = importlib.util.spec_from_file_location('tool', REPO / script)
    output, errors = io.StringIO(), io.StringIO()
    status: object = 0
    begin = time.process_time()
    with redirect_stdout(output), redirect_stderr(errors):
        try:
            tool = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(tool)
            tool.main()
        except SystemExit as ended:
            status = ended.code or 0
        except BaseException:
            status = 'traceback'
            traceback.print_exc()
    return dict(
        status=status,
        output=output.getvalue(),
        errors=errors.getvalue(),
        seconds=time.process_time() - begin,
    )


def main() -> None:
    """Run all cases."""
    # Output of the programs and of C libraries goes to standard error.
    results = os.fdopen(os.dup(1), 'w')
    os.dup2(2, 1)
    for case in json.loads(Path(sys.argv[1]).read_text()):
        results.write(json.dumps(run(**case)) + '\n')
        results.flush()


if __name__ == '__main__':
    main()

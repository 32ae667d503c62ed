"""Run torchrun without its traceback, which hides the messages of the processes.

tools/dist_train.sh runs this file by its path, which avoids importing the package. The
arguments are torchrun's.
"""

import signal
import sys

from torch.distributed import DistNetworkError, DistStoreError
from torch.distributed.elastic.multiprocessing import SignalException
from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
from torch.distributed.run import main

# The value in setsim_mm.utils.interrupts, which is not imported here.
REQUEUE = 75


def launch() -> int:
    """Run torchrun.

    Returns:
        int: The exit status of the process that failed first, or 0.

    Raises:
        ChildFailedError: If a process was killed and could not print a reason.
    """
    try:
        main()
    except ChildFailedError as error:
        _, failure = error.get_first_failure()
        if failure.exitcode < 0:
            raise
        return failure.exitcode
    except SignalException as interrupt:
        # The processes have saved a checkpoint before.
        terminated = interrupt.sigval == signal.SIGTERM
        return REQUEUE if terminated else 128 + interrupt.sigval
    except (DistNetworkError, DistStoreError) as error:
        print(
            f'Error: the processes cannot meet ({error}): set MASTER_ADDR to the first '
            'machine, which all others must reach, and PORT to a free port there, the '
            'same on all machines.',
            file=sys.stderr,
        )
        return 1
    return 0


if __name__ == '__main__':
    sys.exit(launch())

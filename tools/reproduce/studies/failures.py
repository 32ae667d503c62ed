"""Trials that have failed."""

from collections.abc import Sequence
from dataclasses import dataclass

from setsim_mm.utils import UserError

from .trials import Trial


@dataclass(frozen=True)
class Failure:
    """A trial that has failed.

    Args:
        trial (Trial): The trial.
        reason (str): The reason, as far as it is known.
    """

    trial: Trial
    reason: str

    def __str__(self) -> str:
        """Return a sentence that names the log."""
        return f'{self.trial.title}: {self.reason} (log: {self.trial.log})'


def require_success(failures: Sequence[Failure]) -> None:
    """Raise an error that names all failed trials.

    Args:
        failures (Sequence[Failure]): The failures.

    Raises:
        UserError: If there are any.
    """
    if failures:
        raise UserError(
            f'{len(failures)} of the runs have no result: '
            f'{"; ".join(map(str, failures))}: correct the cause and run the same '
            'command again.'
        )

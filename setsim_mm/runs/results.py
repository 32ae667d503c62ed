"""Results of finished trials, read back from their folders."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from setsim_mm.utils import UserError
from setsim_mm.utils.json_files import damaged, read_json

from .work_folders import RESULT, claimed_settings, some_differences, work_dir_of


@dataclass(frozen=True)
class Result:
    """What a finished trial left.

    Args:
        name (str): The run's name.
        seed (int): Its seed.
        digest (str): Names its settings; equal if and only if they are.
        metrics (dict[str, float]): By name.
    """

    name: str
    seed: int
    digest: str
    metrics: dict[str, float]


def read_results(folder: Path, names: Iterable[str]) -> list[Result]:
    """Read the results of all seeds that there are.

    Args:
        folder (Path): Where the runs are.
        names (Iterable[str]): Which of them to read.

    Returns:
        list[Result]: In the order of the names, and by seed.

    Raises:
        UserError: If the seeds of a run trained with different settings.
    """
    results = []
    for name in dict.fromkeys(names):
        files = Path(folder).glob(f'{work_dir_of("", name, "*")}/{RESULT}')
        found = [_read_result(path) for path in files]
        found.sort(key=lambda result: result.seed)
        require_agreement(folder, found)
        results += found
    return results


def _read_result(path: Path) -> Result:
    kinds = dict(name=str, seed=int, digest=str, metrics=dict)
    content = read_json(path, **kinds)
    for name, value in content['metrics'].items():
        if not isinstance(value, int | float):
            raise damaged(path, f'its {name!r} is no number')
    return Result(**{kind: content[kind] for kind in kinds})


def require_agreement(folder: Path, results: Sequence[Result]) -> None:
    """Refuse to average over seeds that are not one experiment.

    Args:
        folder (Path): Where the runs are.
        results (Sequence[Result]): Of one run.

    Raises:
        UserError: If their settings differ.
    """
    digests = [result.digest for result in results]
    if len(set(digests)) <= 1:
        return
    pair = results[0], next(r for r in results if r.digest != digests[0])
    settings = [claimed_settings(work_dir_of(folder, r.name, r.seed)) for r in pair]
    first, second = (f'for seed {result.seed}' for result in pair)
    raise UserError(
        f'the seeds {pair[0].seed} and {pair[1].seed} of {pair[0].name} in '
        f'{str(folder)!r} trained with different configs '
        f'({some_differences(*settings, first, second)}): move one of them away, for '
        'their mean would say nothing.'
    )

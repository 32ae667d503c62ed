"""Run scenarios in parallel and print their progress."""

import time
import traceback
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from queue import Queue

from .lab import Lab, generator
from .processes import NotReached, kill_all
from .scenario import Fault, Round, Scenario


def run_scenarios(
    scenarios: Sequence[Scenario], lab: Lab, seed: int, jobs: int
) -> Iterator[Round]:
    """Run scenarios in parallel and print a line for each fault.

    All trainings end with this call, even if it is interrupted.

    Args:
        scenarios (Sequence[Scenario]): The scenarios.
        lab (Lab): The folder of the trainings.
        seed (int): Seed of the moments and places of all faults.
        jobs (int): Number of scenarios that run at the same time.

    Yields:
        Round: The result of each fault as soon as it is known.
    """
    results: Queue[Round | None] = Queue()

    def run(scenario: Scenario) -> None:
        rng = generator(seed, f'{scenario.theme}/{scenario.name}')
        try:
            for round in scenario.run(lab, lab.rounds, rng):
                results.put(round)
        except Exception as error:
            results.put(_broken(scenario, error))
        results.put(None)

    faults = lab.rounds * sum(scenario.faults for scenario in scenarios)
    start, done, running = time.monotonic(), 0, len(scenarios)
    pool = ThreadPoolExecutor(jobs)
    try:
        for scenario in scenarios:
            pool.submit(run, scenario)
        while running:
            round = results.get()
            if round is None:
                running -= 1
                continue
            done += 1
            spent = time.monotonic() - start
            left = max(0.0, spent / done * (faults - done))
            _print_progress(round, done, faults, spent, left)
            yield round
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
        kill_all()


def _broken(scenario: Scenario, error: Exception) -> Round:
    """Return the round of a scenario that could not be run."""
    fault = Fault(scenario.theme, f'({scenario.name})', 'the attack is carried out')
    problem = str(error)
    if not isinstance(error, NotReached):
        problem = ''.join(traceback.format_exception(error)[-3:]).replace('\n', ' ')
    return Round(fault, scenario.name, [problem])


def _print_progress(
    round: Round, done: int, faults: int, spent: float, left: float
) -> None:
    """Print one line, and one more for each problem."""
    verdict = 'survived' if round.survived else 'NOT SURVIVED'
    print(
        f'[{spent // 60:2.0f}:{spent % 60:02.0f}] {done} of {faults}, about '
        f'{left / 60:.0f} min left: {round.fault.theme}, {round.where}: '
        f'{round.fault.name}: {verdict}',
        flush=True,
    )
    for problem in round.problems:
        print(f'        {problem}', flush=True)

"""Compare starting points on your own labelled images: is pre-training worth it?

Random weights, the weights that you have, and both pre-trained here on your unlabelled
images are measured with a few of the labels and with all of them, over seeds
(docs/worth_it.md). Run the same command again to continue: finished runs are skipped,
interrupted ones are resumed.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from setsim_mm.utils import sentences_for_errors
from studies.command_line import make_runner
from worth.command_line import parse_args

if TYPE_CHECKING:
    from argparse import Namespace

    from studies.failures import Failure
    from worth.study import Study

REPOSITORY = Path(__file__).resolve().parents[2]


def main() -> None:
    """Run what is missing, write table and plot, and print the verdict."""
    args = parse_args(__doc__)
    with sentences_for_errors(args.traceback):
        from studies.failures import require_success
        from worth.prepare import prepare_study
        from worth.report import report

        study = prepare_study(args, REPOSITORY)
        for note in study.data.notes:
            print(note)
        failures = run_stages(study, args)
        sentences, (markdown, csv, plot) = report(study)
        print(f'Table: {markdown} and {csv}; plot: {plot}')
        require_success(failures)
        print('\n'.join(sentences))


def run_stages(study: 'Study', args: 'Namespace') -> list['Failure']:
    """Run the stages of a comparison.

    The starting points that need no training are measured first, so that wrong labels
    or options are found within minutes.

    Args:
        study (Study): The comparison.
        args (Namespace): The command line, with the resources of the runs.

    Returns:
        list[Failure]: The later stages' failures; one in the first stage is an error.
    """
    from studies.failures import require_success
    from studies.trials import require_free

    require_free([*study.pretrainings(), *study.probes()])
    require_success(make_runner(args, 'before training').run(study.probes(False)))
    failures = make_runner(args, 'pre-training').run(study.pretrainings())
    failures += make_runner(args, 'after training').run(study.probes(True))
    tuned = [trial for of in study.finetunings().values() for trial in of.values()]
    if tuned:
        failures += make_runner(args, 'fine-tuning').run(tuned)
    return failures


if __name__ == '__main__':
    main()

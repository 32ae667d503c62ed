"""Write the table and the plot of a comparison, and return its verdicts."""

from collections.abc import Sequence
from pathlib import Path

from setsim_mm.runs.tables import write_tables

from .finetuning_configs import measures_of
from .finetunings import add_finetunings
from .plots import draw_results
from .results import Results, records_of
from .study import Study
from .tables import as_markdown, figures_of
from .verdict import verdict

TITLE = 'Is pre-training here worth it?'
NAME = 'worth_it'


def report(study: Study) -> tuple[list[str], list[Path]]:
    """Write what is finished.

    Args:
        study (Study): The comparison.

    Returns:
        tuple[list[str], list[Path]]: The verdict of the frozen probes and, if there
        are fine-tunings, theirs; and the table as Markdown and as CSV, and the plot.
    """
    records = records_of(study.probes())
    measures, deciding = list(study.measures), [study.measures[0]]
    if study.finetuning is not None:
        tuned = measures_of(study.finetuning)
        records = add_finetunings(records, study.finetunings(), tuned)
        measures, deciding = [*measures, *tuned], [*deciding, tuned[0]]
    results = Results(study.starts, measures, sorted(study.data.sizes), records)
    sentences = [
        verdict(results, measure, _held_out_in_pretraining(study))
        for measure in deciding
    ]
    text = as_markdown(results, TITLE, sentences, _notes(study))
    markdown, csv = write_tables(study.work_dir / NAME, text, figures_of(results))
    plot = markdown.with_suffix('.png')
    draw_results(results, f'{TITLE} Bars: 95 % intervals').savefig(plot)
    return sentences, [markdown, csv, plot]


def _held_out_in_pretraining(study: Study) -> bool:
    return bool(study.data.made_from['pretrain_on_held_out'])


def _notes(study: Study) -> Sequence[str]:
    options = study.options
    size = 'x'.join(map(str, options.size))
    return [
        *study.data.notes,
        f'Probes: images of {size} pixels (height x width), k = {options.k}.',
    ]

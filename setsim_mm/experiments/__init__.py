"""The paper's experiments: families of runs over seeds, and their tables."""

from .families import FAMILIES, Family, Row, family_named, rows_named
from .metrics import PROBES, Metric, last_values
from .paper import paper_figures
from .pretraining import (
    Scale,
    pretraining_trials,
    require_alone,
    run_name,
    share_of_machine,
)
from .progress import Progress
from .report import report
from .runner import Runner
from .tables import as_markdown, table_of, write_tables
from .trials import Failure, Result, Trial, read_results, require_free, require_success

__all__ = [
    'FAMILIES',
    'PROBES',
    'Failure',
    'Family',
    'Metric',
    'Progress',
    'Result',
    'Row',
    'Runner',
    'Scale',
    'Trial',
    'as_markdown',
    'family_named',
    'last_values',
    'paper_figures',
    'pretraining_trials',
    'read_results',
    'report',
    'require_alone',
    'require_free',
    'require_success',
    'rows_named',
    'run_name',
    'share_of_machine',
    'table_of',
    'write_tables',
]

"""The paper's experiments: families of runs over seeds, and their tables."""

from .command_line import add_trial_options, make_runner, require_at_least
from .families import FAMILIES, Family, Row, family_named, rows_named
from .family_tables import as_markdown, table_of
from .machine import launch_of, share_of_machine
from .metrics import PROBES, Metric, last_values
from .paired import as_paired_markdown, compare_folders, paired_differences
from .paper import heading_of, paper_figures
from .pretraining import (
    Scale,
    pretraining_trials,
    require_alone,
    run_name,
)
from .progress import Progress
from .report import report
from .results import Result, read_results
from .runner import Runner
from .tables import markdown_of, mean_and_spread, statistics_of, write_tables
from .trials import Failure, Trial, require_free, require_success
from .work_folders import CLAIM, claimed_settings

__all__ = [
    'CLAIM',
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
    'add_trial_options',
    'as_markdown',
    'as_paired_markdown',
    'claimed_settings',
    'compare_folders',
    'family_named',
    'heading_of',
    'last_values',
    'launch_of',
    'make_runner',
    'markdown_of',
    'mean_and_spread',
    'paired_differences',
    'paper_figures',
    'pretraining_trials',
    'read_results',
    'report',
    'require_alone',
    'require_at_least',
    'require_free',
    'require_success',
    'rows_named',
    'run_name',
    'share_of_machine',
    'statistics_of',
    'table_of',
    'write_tables',
]

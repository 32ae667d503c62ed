"""The record of a run: what decides its result, what it logged, and what came out."""

from .checkpoint_summary import summarize_checkpoint
from .comparison import differences
from .config_text import read_config_text
from .curves import Curve, read_curves
from .data_fingerprint import fingerprint_of
from .environment import git_state, package_versions
from .metrics import PROBES, Metric, last_values
from .provenance import collect_provenance, write_provenance
from .results import Result, read_results
from .settings import digest, settings_of
from .summary_text import as_text
from .tables import markdown_of, mean_and_spread, statistics_of, write_tables
from .work_folders import CLAIM, claimed_settings

__all__ = [
    'CLAIM',
    'PROBES',
    'Curve',
    'Metric',
    'Result',
    'as_text',
    'claimed_settings',
    'collect_provenance',
    'differences',
    'digest',
    'fingerprint_of',
    'git_state',
    'last_values',
    'markdown_of',
    'mean_and_spread',
    'package_versions',
    'read_config_text',
    'read_curves',
    'read_results',
    'settings_of',
    'statistics_of',
    'summarize_checkpoint',
    'write_provenance',
    'write_tables',
]

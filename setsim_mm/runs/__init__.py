"""Runs: their records, logs, provenance and tables."""

from typing import TYPE_CHECKING

from setsim_mm.lazy import import_on_demand

if TYPE_CHECKING:
    from .config_text import read_config_text
    from .curves import Curve, read_curves
    from .data_fingerprint import fingerprint_of
    from .environment import git_state, package_versions
    from .metrics import PROBES, Metric, last_values, probes_among
    from .provenance import collect_provenance, write_provenance
    from .run_record import RunRecord, find_runs, read_record
    from .session_changes import session_changes
    from .settings import digest, settings_of
    from .tables import markdown_of, write_tables

__all__ = [
    'PROBES',
    'Curve',
    'Metric',
    'RunRecord',
    'collect_provenance',
    'digest',
    'find_runs',
    'fingerprint_of',
    'git_state',
    'last_values',
    'markdown_of',
    'package_versions',
    'probes_among',
    'read_config_text',
    'read_curves',
    'read_record',
    'session_changes',
    'settings_of',
    'write_provenance',
    'write_tables',
]

__getattr__, __dir__ = import_on_demand(__name__, __file__)

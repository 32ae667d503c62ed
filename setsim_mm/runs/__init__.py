"""The record of a run: what decides its result, and with what it was carried out."""

from .checkpoint_summary import summarize_checkpoint
from .comparison import differences
from .config_text import read_config_text
from .data_fingerprint import fingerprint_of
from .environment import git_state, package_versions
from .provenance import collect_provenance, write_provenance
from .settings import digest, settings_of
from .summary_text import as_text

__all__ = [
    'as_text',
    'collect_provenance',
    'differences',
    'digest',
    'fingerprint_of',
    'git_state',
    'package_versions',
    'read_config_text',
    'settings_of',
    'summarize_checkpoint',
    'write_provenance',
]

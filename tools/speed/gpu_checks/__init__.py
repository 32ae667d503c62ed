"""Checks of a GPU: exactness, training steps, processes, waits and speed."""

from .check import Measured, NotRun, Result, Setting, run_check
from .every_check import CHECKS
from .report import as_markdown, write_report

__all__ = [
    'CHECKS',
    'Measured',
    'NotRun',
    'Result',
    'Setting',
    'as_markdown',
    'run_check',
    'write_report',
]

"""The files that the benchmarks expect, and checks of those files."""

from .data_root import Problem
from .datasets import LAYOUTS
from .report import Report, check_datasets, require_dataset

__all__ = ['LAYOUTS', 'Problem', 'Report', 'check_datasets', 'require_dataset']

"""Where the benchmarks expect their data, and what is wrong with what is there."""

from .data_root import Problem
from .datasets import LAYOUTS
from .report import Report, check_datasets, require_dataset

__all__ = ['LAYOUTS', 'Problem', 'Report', 'check_datasets', 'require_dataset']

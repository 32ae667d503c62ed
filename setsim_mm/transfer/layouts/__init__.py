"""Layouts of the benchmarks' data sets, and checks of the files in them."""

from .data_root import Problem
from .datasets import LAYOUTS
from .report import Report, check_datasets, require_dataset

__all__ = ['LAYOUTS', 'Problem', 'Report', 'check_datasets', 'require_dataset']

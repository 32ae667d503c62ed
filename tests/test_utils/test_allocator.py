"""Freed memory is reused without page faults."""

import platform

import pytest

from tests.test_tools.training_helpers import run_python

# Blocks of 64 MB; by default glibc maps and returns each of them.
FAULTS = """
import sys
from resource import RUSAGE_SELF, getrusage

import torch

from setsim_mm.utils.allocator import keep_freed_memory

if 'keep' in sys.argv:
    keep_freed_memory()
work = torch.ones(2**24)
for _ in range(20):  # until the heap has free blocks of this size
    work + 1
before = getrusage(RUSAGE_SELF).ru_minflt
for _ in range(20):
    work + 1
print(getrusage(RUSAGE_SELF).ru_minflt - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != 'glibc', reason='needs glibc')
@pytest.mark.slow
def test_pages_are_not_mapped_again(tmp_path):
    script = tmp_path / 'faults.py'
    script.write_text(FAULTS)

    returned, kept = (
        int(run_python(script, *arguments, cwd=tmp_path, new_interpreter=True).stdout)
        for arguments in ((), ('keep',))
    )

    # 20 times 16,384 pages of 4 KiB; pages may be larger.
    assert kept < returned / 4

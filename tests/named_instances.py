"""What mmengine keeps by the name of a run."""

from collections.abc import Iterator
from contextlib import contextmanager

from mmengine.logging import MessageHub, MMLogger
from mmengine.registry import DefaultScope
from mmengine.visualization import Visualizer
from mmselfsup.visualization import SelfSupVisualizer

# mmengine names a run by the second in which it starts, and its logger and the like by
# the run: two runs in one second would share them, closed files and all.
NAMED = (DefaultScope, MMLogger, MessageHub, Visualizer, SelfSupVisualizer)


@contextmanager
def forgotten_afterwards() -> Iterator[None]:
    """Forget the instances that runs of this process name, its default scope too."""
    tables = [named._instance_dict for named in NAMED]
    before = [dict(table) for table in tables]
    yield
    for table, entries in zip(tables, before, strict=True):
        table.clear()
        table.update(entries)

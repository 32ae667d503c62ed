"""What mmengine keeps by the name of a run."""

from collections.abc import Iterator
from contextlib import contextmanager

from mmengine.logging import MessageHub, MMLogger
from mmengine.registry import DefaultScope
from mmengine.visualization import Visualizer

from setsim_mm.registry import VISUALIZERS

# mmengine names a run by the second in which it starts, and its logger and the like by
# the run: two runs in one second would share them, closed files and all.
NAMED = (
    DefaultScope,
    MMLogger,
    MessageHub,
    Visualizer,
    *(VISUALIZERS.get('SelfSupVisualizer'),),
)


@contextmanager
def forgotten_afterwards() -> Iterator[None]:
    """Forget the instances that runs of this process name, its default scope too."""
    before = [dict(named._instance_dict) for named in NAMED]
    yield
    for named, entries in zip(NAMED, before, strict=True):
        # Asked for again: overwrite_default_scope puts a copy in its place.
        named._instance_dict.clear()
        named._instance_dict.update(entries)

"""The visualizer of MMPretrain under the name of MMSelfSup's."""

from mmpretrain.visualization import UniversalVisualizer

from setsim_mm.registry import VISUALIZERS


@VISUALIZERS.register_bridge
class SelfSupVisualizer(UniversalVisualizer):
    """Visualizer that writes losses and pictures to the log folder."""

"""Run the linear segmentation probe during training."""

import os
import tempfile
from pathlib import Path

import torch
from mmengine.config import Config
from mmengine.runner import Runner

from setsim_mm.evaluation import run_segmentation_probe, segmentation_probe_config
from setsim_mm.evaluation.segmentation_probe import METRIC
from setsim_mm.host import HOOKS, get_model
from setsim_mm.utils.checkpoints import BACKBONE

from .probe_hook import Measurement, ProbeHook, on_main_process


@HOOKS.register_module()
class SegmentationProbeHook(ProbeHook):
    """Log the mIoU of one 1x1 convolution on the frozen backbone.

    See :func:`~setsim_mm.evaluation.run_segmentation_probe`. The scalar is
    ``segmentation_miou``, in percent. The first rank runs the probe in a separate
    process on one device while the others wait: raise ``env_cfg.dist_cfg.timeout`` if
    it may take longer. The log is in ``segmentation_probe/epoch_<n>`` of the output
    folder.

    Args:
        config (str): Config of the probe, in ``configs/benchmarks/mmsegmentation``.
        data_root (str, optional): Folder of its data set. Defaults to None, that of
            the config.
        cfg_options (dict, optional): Overrides of the config, such as
            ``{'train_cfg.max_epochs': 3}``. Defaults to None.
        **kwargs: ``interval`` and ``initial`` of :class:`ProbeHook`.

    Raises:
        UserError: If the probe cannot run, at the start of training, or fails.

    Examples:
        >>> custom_hooks = [
        ...     dict(
        ...         type='SegmentationProbeHook',
        ...         config='configs/benchmarks/mmsegmentation/linear_camvid.py',
        ...         interval=None,
        ...     )
        ... ]
    """

    title = 'linear segmentation'
    fails_on_all_ranks = True

    def __init__(
        self,
        config: str,
        data_root: str | None = None,
        cfg_options: dict | None = None,
        **kwargs,
    ) -> None:
        super().__init__(**kwargs)
        self.config = config
        self.data_root = data_root
        self.cfg_options = cfg_options

    def prepare(self, runner: Runner) -> None:
        """Check that the probe can run."""
        self._probe(runner)

    def measure(self, runner: Runner, epochs_done: int) -> Measurement:
        """Run the probe on the first rank."""
        miou = on_main_process(lambda: self._miou(runner, epochs_done))
        return Measurement(dict(segmentation_miou=miou), f'mIoU {miou:.2f} %')

    def _probe(self, runner: Runner, weights: str | None = None) -> Config:
        return segmentation_probe_config(
            self.config, runner.cfg, weights, self.data_root, self.cfg_options
        )

    def _miou(self, runner: Runner, epochs_done: int) -> float:
        """Run the probe; return the mIoU in percent."""
        backbone = get_model(runner.model).backbone
        work_dir = Path(runner.work_dir, 'segmentation_probe', f'epoch_{epochs_done}')
        with tempfile.TemporaryDirectory() as folder:
            weights = os.path.join(folder, 'backbone.pth')
            state = {BACKBONE + k: v.cpu() for k, v in backbone.state_dict().items()}
            torch.save(dict(state_dict=state), weights)
            cfg = self._probe(runner, weights)
            return run_segmentation_probe(cfg, work_dir)[METRIC]

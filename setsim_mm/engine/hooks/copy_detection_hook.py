"""Copy detection while any algorithm with a projector trains."""

from pathlib import Path

from mmengine.dist import is_main_process
from mmengine.runner import Runner

from setsim_mm.datasets.copy_images import CopyImages
from setsim_mm.datasets.image_loader import image_loader
from setsim_mm.evaluation.copy_descriptors import describe_benchmark, describer_of
from setsim_mm.evaluation.copy_detection import QUERY, REFERENCE, score_copies
from setsim_mm.evaluation.copy_files import read_truth, require_known
from setsim_mm.evaluation.copy_predictions import CopySearch, predict_copies
from setsim_mm.evaluation.image_reading import require_rgb
from setsim_mm.host import HOOKS, get_model
from setsim_mm.utils.module_modes import evaluation_mode

from .probe_hook import Measurement, ProbeHook, frozen_backbone, require_at_least


@HOOKS.register_module()
class CopyDetectionHook(ProbeHook):
    """Log the micro-AP of copy detection by the neck's descriptors.

    See :func:`~setsim_mm.evaluation.copy_predictions.predict_copies`. The scalars are
    ``copy_micro_ap``, ``copy_recall_at_p90``, ``copy_recall_at_1`` and
    ``copy_recall_at_10``, as fractions. The first rank measures.

    Args:
        data_root (str): Folder of a benchmark with its ``truth.csv``; see
            :class:`~setsim_mm.datasets.CopyImages`.
        image_size (int): Side of the images in pixels. Defaults to 224.
        options (dict, optional): Of
            :class:`~setsim_mm.evaluation.copy_predictions.CopySearch`. Defaults to
            None.
        normalize (bool): Whether scores are normalised by the training images. Defaults
            to False.
        batch_size (int): Batch size. Defaults to 64.
        num_workers (int): Data loader workers. Defaults to 2.
        **kwargs: ``interval`` and ``initial`` of :class:`ProbeHook`.

    Raises:
        ValueError: If a number is out of range.
        UserError: When training starts, if the benchmark is incomplete, or the training
            reads other images than 8-bit RGB.

    Examples:
        >>> custom_hooks = [
        ...     dict(type='CopyDetectionHook', data_root='data/copies', interval=5)
        ... ]
    """

    title = 'Copy detection'

    def __init__(
        self,
        data_root: str,
        image_size: int = 224,
        options: dict | None = None,
        normalize: bool = False,
        batch_size: int = 64,
        num_workers: int = 2,
        **kwargs,
    ) -> None:
        super().__init__(**kwargs)
        require_at_least(1, image_size=image_size, batch_size=batch_size)
        require_at_least(0, num_workers=num_workers)
        self.data_root = data_root
        self.normalize = normalize
        self.options = CopySearch(**(options or {}))
        self.loading = (image_size, batch_size, num_workers)

    def prepare(self, runner: Runner) -> None:
        """Check the benchmark."""
        require_rgb(image_loader(runner.cfg), 'copy detection')
        truth = Path(self.data_root, 'truth.csv')
        queries, self._pairs = read_truth(truth)
        images = CopyImages(self.data_root)
        images.full_init()
        infos = [images.get_data_info(index) for index in range(len(images))]
        for column, role, given in (
            (QUERY, 'query', queries),
            (REFERENCE, 'reference', self._pairs[REFERENCE]),
        ):
            known = (info['image_id'] for info in infos if info['role'] == role)
            require_known(truth, column, given, known)

    def measure(self, runner: Runner, epochs_done: int) -> Measurement | None:
        """Measure on the first rank."""
        if not is_main_process():
            return None
        model = get_model(runner.model)
        _, inputs = frozen_backbone(runner)
        with evaluation_mode(model):
            groups = describe_benchmark(
                describer_of(model),
                inputs,
                self.data_root,
                *self.loading,
            )
        predictions = predict_copies(
            groups['query'],
            groups['reference'],
            groups.get('training') if self.normalize else None,
            self.options,
        )
        result = score_copies(predictions, self._pairs)
        scalars = {f'copy_{name}': value for name, value in result.scalars().items()}
        return Measurement(scalars, str(result))

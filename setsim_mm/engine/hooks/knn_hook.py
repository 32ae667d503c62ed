"""Measure k-NN classification during training."""

from mmengine.runner import Runner

from setsim_mm.evaluation import (
    ClassFolders,
    check_vote,
    evaluate_knn,
    find_class_folders,
)
from setsim_mm.host import HOOKS

from .probe_hook import Measurement, ProbeHook, frozen_backbone, require_at_least


@HOOKS.register_module()
class KNNHook(ProbeHook):
    """Log the accuracy of k-NN classification on the backbone's features.

    See :func:`~setsim_mm.evaluation.evaluate_knn`. The scalar is ``knn_accuracy``, in
    percent. Each rank extracts the features of its share of the images.

    Args:
        data_root (str): Folder of the labelled images in ``train/<class>/`` and,
            optionally, ``val/<class>/``.
        num_train (int, optional): Number of labelled images; see
            :func:`~setsim_mm.evaluation.find_class_folders`. Defaults to None, all.
        num_val (int, optional): Number of images to classify. Defaults to None, all.
        val_share (float): Share of ``train`` that is held out if there is no ``val``.
            Defaults to 0.2.
        seed (int): Selects the images. Defaults to 0.
        image_size (int): Side of the centre crop in pixels. Defaults to 224.
        k (int): Number of neighbours that vote. Defaults to 20.
        temperature (float): τ of the vote. Defaults to 0.07.
        batch_size (int): Batch size of the backbone. Defaults to 64.
        num_workers (int): Data loader workers on each rank. Defaults to 2.
        **kwargs: ``interval`` and ``initial`` of :class:`ProbeHook`.

    Raises:
        ValueError: If a number is out of range.
        UserError: At the start of training, if there are no such images.

    Examples:
        >>> custom_hooks = [
        ...     dict(type='KNNHook', data_root='data/imagenet', interval=20)
        ... ]
    """

    title = 'k-NN accuracy'

    def __init__(
        self,
        data_root: str,
        num_train: int | None = None,
        num_val: int | None = None,
        val_share: float = 0.2,
        seed: int = 0,
        image_size: int = 224,
        k: int = 20,
        temperature: float = 0.07,
        batch_size: int = 64,
        num_workers: int = 2,
        **kwargs,
    ) -> None:
        super().__init__(**kwargs)
        require_at_least(1, image_size=image_size, k=k, batch_size=batch_size)
        require_at_least(0, seed=seed, num_workers=num_workers)
        self.images = dict(
            data_root=data_root,
            num_train=num_train,
            num_val=num_val,
            val_share=val_share,
            seed=seed,
        )
        self.options = dict(
            image_size=image_size,
            k=k,
            temperature=temperature,
            batch_size=batch_size,
            num_workers=num_workers,
        )
        self._folders: ClassFolders | None = None

    def prepare(self, runner: Runner) -> None:
        """Find the images."""
        _, inputs = frozen_backbone(runner)
        self._folders = find_class_folders(**self.images, load=inputs.load)
        check_vote(
            self.options['k'], self.options['temperature'], len(self._folders.train)
        )

    def measure(self, runner: Runner, epochs_done: int) -> Measurement:
        """Classify the images of all ranks."""
        result = evaluate_knn(*frozen_backbone(runner), self._folders, **self.options)
        return Measurement(dict(knn_accuracy=result.accuracy), str(result))

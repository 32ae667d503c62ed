"""A data set of several views that makes only one of them."""

from copy import copy

from mmengine.dataset import BaseDataset

from setsim_mm.utils.errors import UserError


def one_view(dataset: BaseDataset, view: int) -> BaseDataset:
    """Return a shallow copy of a data set that makes a single view of each image.

    Args:
        dataset (BaseDataset): A data set whose pipeline has a ``MultiView``.
        view (int): Number of the view.

    Returns:
        BaseDataset: Its samples have one entry in ``inputs``.

    Raises:
        UserError: If the pipeline does not make that view.
    """
    pipeline = copy(dataset.pipeline)
    found = [
        number
        for number, step in enumerate(pipeline.transforms)
        if hasattr(step, 'num_views') and len(step.transforms) > view
    ]
    if len(found) != 1:
        raise UserError(
            f'the pipeline makes no view number {view + 1}: set num_views=[1, 1] and '
            'two pipelines in MultiViewWithBoxes.'
        )
    step = copy(pipeline.transforms[found[0]])
    step.transforms = [step.transforms[view]]
    pipeline.transforms = list(pipeline.transforms)
    pipeline.transforms[found[0]] = step
    alone = copy(dataset)
    alone.pipeline = pipeline
    return alone

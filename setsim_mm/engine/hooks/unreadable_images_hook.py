"""How many images were skipped, said at the end."""

import logging
from collections.abc import Iterator
from typing import Any

from mmengine.hooks import Hook
from mmengine.logging import print_log
from mmengine.runner import Runner
from mmselfsup.registry import HOOKS


@HOOKS.register_module()
class UnreadableImagesHook(Hook):
    """Say at the end of training how many images could not be read, if any.

    The data set names each of them when it meets it; this is the count.
    """

    def after_train(self, runner: Runner) -> None:
        """Ask the data set, or those inside it, for what they count.

        Args:
            runner (Runner): The runner.
        """
        datasets = list(_counting(runner.train_dataloader.dataset))
        skipped = sum(dataset.num_unreadable for dataset in datasets)
        if skipped:
            print_log(
                f'{skipped} of {sum(map(len, datasets))} images could not be read and '
                'were skipped; each is named above.',
                logger='current',
                level=logging.WARNING,
            )


def _counting(dataset: Any) -> Iterator[Any]:
    """Yield the data sets that count, also inside those that repeat or join others."""
    if hasattr(dataset, 'num_unreadable'):
        yield dataset
        return
    inner = getattr(dataset, 'datasets', None) or [getattr(dataset, 'dataset', None)]
    for part in inner:
        if part is not None:
            yield from _counting(part)

"""How many images were skipped, said at the end."""

import logging

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
        """Ask the data set, if it counts.

        Args:
            runner (Runner): The runner.
        """
        dataset = runner.train_dataloader.dataset
        skipped = getattr(dataset, 'num_unreadable', 0)
        if skipped:
            print_log(
                f'{skipped} of {len(dataset)} images could not be read and were '
                'skipped; each is named above.',
                logger='current',
                level=logging.WARNING,
            )

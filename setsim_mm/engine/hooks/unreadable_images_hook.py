"""The list of the images that a run had to replace by others."""

import logging
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from mmengine.dist import all_gather_object, is_main_process
from mmengine.hooks import Hook
from mmengine.logging import print_log
from mmengine.runner import Runner

from setsim_mm.host import HOOKS
from setsim_mm.utils.durable_files import write_text_whole
from setsim_mm.utils.printable import printable

from .probe_hook import require_at_least

LIST = 'unreadable_images.txt'


@HOOKS.register_module()
class UnreadableImagesHook(Hook):
    """Write the names of unreadable images to a list in the output folder.

    ``unreadable_images.txt`` has one name a line, sorted, with backslash escapes for
    what cannot be printed. It holds what any rank met, and is kept when a run is
    resumed. It is written after each epoch, every ``interval`` iterations and at the
    end, if there is something new. Every data set that has ``num_unreadable`` and
    ``unreadable_images()`` is asked, also inside of those that repeat or join others.

    Args:
        interval (int): Iterations between two updates within an epoch. Defaults to
            1000.

    Raises:
        ValueError: If the interval is below 1.
    """

    def __init__(self, interval: int = 1000) -> None:
        require_at_least(1, interval=interval)
        self.interval = interval
        self._names: set[str] = set()  # in the list, on the main process

    def before_train(self, runner: Runner) -> None:
        """Read the list of a run that is resumed; remove that of any other run.

        Args:
            runner (Runner): The runner.
        """
        path = Path(runner.work_dir, LIST)
        if not is_main_process():
            return
        if runner.iter == 0:
            path.unlink(missing_ok=True)
        elif path.is_file():
            self._names = set(path.read_text(encoding='utf-8').splitlines())

    def after_train_iter(self, runner: Runner, *args, **kwargs) -> None:
        """Update the list at an interval.

        Args:
            runner (Runner): The runner.
            *args: Not used.
            **kwargs: Not used.
        """
        if self.every_n_train_iters(runner, self.interval):
            self._update(runner)

    def after_train_epoch(self, runner: Runner) -> None:
        """Update the list.

        Args:
            runner (Runner): The runner.
        """
        self._update(runner)

    def after_train(self, runner: Runner) -> None:
        """Update the list and report how many images it names, if any.

        Args:
            runner (Runner): The runner.
        """
        self._update(runner)
        if self._names:
            total = sum(map(len, counting_datasets(runner.train_dataloader.dataset)))
            print_log(
                f'{len(self._names)} of {total} images could not be read and were '
                'replaced by others: '
                f'{printable(str(Path(runner.work_dir, LIST)))} names them.',
                logger='current',
                level=logging.WARNING,
            )

    def after_error(self, runner: Runner) -> None:
        """Add what this process met, without the other ranks.

        For a run that ends by an error, of which the other ranks know nothing yet.

        Args:
            runner (Runner): The runner.
        """
        path = Path(runner.work_dir, LIST)
        if path.is_file():
            self._names |= set(path.read_text(encoding='utf-8').splitlines())
        self._add(unreadable_images(runner), path)

    def _update(self, runner: Runner) -> None:
        """Add what all ranks met; each of them must call this."""
        met = all_gather_object(unreadable_images(runner))
        if is_main_process():
            names = (name for of_rank in met for name in of_rank)
            self._add(names, Path(runner.work_dir, LIST))

    def _add(self, names: Iterable[str], path: Path) -> None:
        new = {printable(name) for name in names} - self._names
        if not new:
            return
        self._names |= new
        try:
            write_text_whole(path, ''.join(f'{name}\n' for name in sorted(self._names)))
        except OSError as error:
            self._names -= new  # to be tried again
            print_log(
                f'the list of unreadable images cannot be written ({error}): the log '
                'names them, too.',
                logger='current',
                level=logging.WARNING,
            )


def unreadable_images(runner: Runner) -> list[str]:
    """Return the images that this process and its data workers could not read.

    Args:
        runner (Runner): With any data set.

    Returns:
        list[str]: Empty if no data set knows.
    """
    datasets = counting_datasets(runner.train_dataloader.dataset)
    return [name for each in datasets for name in each.unreadable_images()]


def counting_datasets(dataset: Any) -> Iterator[Any]:
    """Yield the data sets that count, also inside those that repeat or join others.

    Args:
        dataset (Any): Of a data loader.
    """
    if hasattr(dataset, 'num_unreadable') and hasattr(dataset, 'unreadable_images'):
        yield dataset
        return
    inner = getattr(dataset, 'datasets', None) or [getattr(dataset, 'dataset', None)]
    for part in inner:
        if part is not None:
            yield from counting_datasets(part)

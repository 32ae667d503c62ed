"""Write the list of unreadable images of a run."""

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
    """Write the paths of unreadable images to a list in the output folder.

    ``unreadable_images.txt`` has one path per line, sorted, with backslash escapes for
    characters that are not printable. It has the images of all ranks and is kept when a
    run is resumed. It is updated every ``interval`` iterations, after each epoch and at
    the end. All data sets with ``num_unreadable`` and ``unreadable_images()`` count,
    also inside wrappers.

    Args:
        interval (int): Iterations between two updates in an epoch. Defaults to 1000.

    Raises:
        ValueError: If the interval is below 1.
    """

    def __init__(self, interval: int = 1000) -> None:
        require_at_least(1, interval=interval)
        self.interval = interval
        self._names: set[str] = set()  # content of the list, on the main process

    def before_train(self, runner: Runner) -> None:
        """Read the list of a resumed run; remove that of another run."""
        path = Path(runner.work_dir, LIST)
        if not is_main_process():
            return
        if runner.iter == 0:
            path.unlink(missing_ok=True)
        elif path.is_file():
            self._names = set(path.read_text(encoding='utf-8').splitlines())

    def after_train_iter(self, runner: Runner, *args, **kwargs) -> None:
        """Update the list at an interval."""
        if self.every_n_train_iters(runner, self.interval):
            self._update(runner)

    def after_train_epoch(self, runner: Runner) -> None:
        """Update the list."""
        self._update(runner)

    def after_train(self, runner: Runner) -> None:
        """Update the list and log the number of images, if any."""
        self._update(runner)
        if self._names:
            datasets = counting_datasets(runner.train_dataloader.dataset)
            # Images, not samples: semantic pairs are of the same images.
            total = sum(getattr(each, 'num_images', len(each)) for each in datasets)
            print_log(
                f'{len(self._names)} of {total} images could not be read and were '
                'replaced by others: '
                f'{printable(str(Path(runner.work_dir, LIST)))} names them.',
                logger='current',
                level=logging.WARNING,
            )

    def after_error(self, runner: Runner) -> None:
        """Add the images of this process only: other ranks do not know of the error."""
        path = Path(runner.work_dir, LIST)
        if path.is_file():
            self._names |= set(path.read_text(encoding='utf-8').splitlines())
        self._add(unreadable_images(runner), path)

    def _update(self, runner: Runner) -> None:
        """Add the images of all ranks. All ranks must call it."""
        lists = all_gather_object(unreadable_images(runner))
        if is_main_process():
            names = (name for of_rank in lists for name in of_rank)
            self._add(names, Path(runner.work_dir, LIST))

    def _add(self, names: Iterable[str], path: Path) -> None:
        new = {printable(name) for name in names} - self._names
        if not new:
            return
        self._names |= new
        try:
            write_text_whole(path, ''.join(f'{name}\n' for name in sorted(self._names)))
        except OSError as error:
            self._names -= new  # written at the next update
            print_log(
                f'the list of unreadable images cannot be written ({error}): see the '
                'log for their names.',
                logger='current',
                level=logging.WARNING,
            )


def unreadable_images(runner: Runner) -> list[str]:
    """Return the paths of unreadable images of this process and its data workers."""
    datasets = counting_datasets(runner.train_dataloader.dataset)
    return [name for each in datasets for name in each.unreadable_images()]


def counting_datasets(dataset: Any) -> Iterator[Any]:
    """Yield the data sets that count unreadable images, also inside wrappers."""
    if hasattr(dataset, 'num_unreadable') and hasattr(dataset, 'unreadable_images'):
        yield dataset
        return
    inner = getattr(dataset, 'datasets', None) or [getattr(dataset, 'dataset', None)]
    for part in inner:
        if part is not None:
            yield from counting_datasets(part)

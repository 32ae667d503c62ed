"""Check that every image of a benchmark can be read before the first step."""

import os
from collections.abc import Iterator, Sequence
from multiprocessing.pool import ThreadPool

from mmengine.config import Config
from mmengine.registry import DefaultScope
from rich.console import Console
from rich.progress import track

from setsim_mm.datasets import UnreadableImageError
from setsim_mm.datasets.inner_datasets import inner_configs
from setsim_mm.utils.errors import UserError

from .empty_data import build_dataset
from .layouts.data_root import examples_of
from .named_files import NamedFile, files_of

MAX_THREADS = 16


def require_readable_images(
    cfg: Config, loaders: Sequence[str], rank: int = 0, processes: int = 1
) -> None:
    """Raise an error if an image or label image of a benchmark cannot be decoded.

    Args:
        cfg (Config): Config of the benchmark.
        loaders (Sequence[str]): Names of the data loaders to check, such as
            ``['train_dataloader', 'test_dataloader']``.
        rank (int): Rank of this process, which reads its share of the files. Defaults
            to 0.
        processes (int): Number of processes that share the files. Defaults to 1.

    Raises:
        UserError: If a file cannot be read. All files are tried first.
    """
    with DefaultScope.overwrite_default_scope(cfg.default_scope):
        by_path = {file.path: file for file in _files(cfg, loaders)}
    files = list(by_path.values())[rank::processes]
    with ThreadPool(min(MAX_THREADS, os.cpu_count() or 1)) as pool:
        results = track(
            pool.imap_unordered(_read_error, files),
            f'Checking {len(files)} images',
            total=len(files),
            console=Console(stderr=True),
            disable=rank > 0,
        )
        errors = sorted(error for error in results if error)
    if errors:
        raise UserError(
            f'{len(errors)} of the {len(files)} images cannot be read '
            f'({examples_of(errors)}): repair or remove them; without --check-images, '
            'training logs such images and replaces them, but an evaluation stops.'
        )


def _files(cfg: Config, loaders: Sequence[str]) -> Iterator[NamedFile]:
    """Yield the files of each data set once; validation and test often share one."""
    configs: list[dict] = []
    for loader in loaders:
        for config in inner_configs(cfg[loader].dataset if cfg.get(loader) else {}):
            if config and config not in configs:
                configs.append(config)
    for config in configs:
        dataset = build_dataset(config, cfg.get('allow_paths_outside', False))
        for idx in range(len(dataset)):
            yield from files_of(dataset, idx)


def _read_error(file: NamedFile) -> str | None:
    try:
        file.check()
    except UnreadableImageError as error:
        return str(error)
    return None

"""Build the training data loader of a run that resumes exactly."""

from collections.abc import Callable
from copy import deepcopy
from functools import partial

from mmengine.dist import all_gather_object
from mmengine.registry import DATA_SAMPLERS, DATASETS, FUNCTIONS
from torch.utils.data import BatchSampler, DataLoader, Dataset

from setsim_mm.datasets.seeded import (
    ResumableBatchSampler,
    SeededDataset,
    SeededSampler,
)
from setsim_mm.utils.errors import UserError
from setsim_mm.utils.stop_request import obey_parent_only


def build_resumable_dataloader(cfg: dict, seed: int, endless: bool) -> DataLoader:
    """Build a data loader whose samples depend on (seed, epoch, index) only.

    Args:
        cfg (dict): ``train_dataloader`` of a config of mmengine. A data set that is
            already built is shared, not copied.
        seed (int): Seed of the run, the same on all ranks.
        endless (bool): Whether to start again after the last batch.

    Returns:
        DataLoader: Its ``batch_sampler`` is a :class:`ResumableBatchSampler`.

    Raises:
        UserError: If ranks have different data, or the config has
            ``num_batch_per_epoch``.
    """
    dataset = cfg['dataset']
    cfg = deepcopy({name: part for name, part in cfg.items() if name != 'dataset'})
    if cfg.pop('num_batch_per_epoch', None) is not None:
        raise UserError(
            'train_dataloader.num_batch_per_epoch is not supported: set '
            'train_dataloader.dataset.indices to train on a part of the data.'
        )
    dataset = build_dataset(deepcopy(dataset) if isinstance(dataset, dict) else dataset)
    require_same_data(dataset)
    sampler = SeededSampler(
        DATA_SAMPLERS.build(
            cfg.pop('sampler'),
            default_args=dict(dataset=dataset, seed=seed),
        ),
        seed,
    )
    batch_size, drop_last = cfg.pop('batch_size'), cfg.pop('drop_last', False)
    batch_sampler = cfg.pop('batch_sampler', None)
    if batch_sampler is None:
        batches = BatchSampler(sampler, batch_size, drop_last)
    else:
        batches = DATA_SAMPLERS.build(
            batch_sampler, default_args=dict(sampler=sampler, batch_size=batch_size)
        )
    cfg.pop('disable_subprocess_warning', None)
    start = cfg.pop('worker_init_fn', None)
    # Runner.build_dataloader would copy the data set.
    return DataLoader(
        SeededDataset(dataset),
        batch_sampler=ResumableBatchSampler(batches, endless),
        collate_fn=_function(cfg.pop('collate_fn', dict(type='pseudo_collate'))),
        worker_init_fn=partial(_start_worker, start and _function(start)),
        **cfg,
    )


def _function(cfg: dict | Callable) -> Callable:
    """Build a function from its config, as in mmengine's data loaders."""
    if callable(cfg):
        return cfg
    arguments = dict(cfg)
    kind = arguments.pop('type')
    return partial(FUNCTIONS.get(kind) if isinstance(kind, str) else kind, **arguments)


def _start_worker(more: Callable | None, worker_id: int) -> None:
    obey_parent_only()
    if more is not None:
        more(worker_id)


def build_dataset(cfg: dict | Dataset) -> Dataset:
    """Build a data set from its config."""
    dataset = DATASETS.build(cfg) if isinstance(cfg, dict) else cfg
    if hasattr(dataset, 'full_init'):
        dataset.full_init()
    return dataset


def require_same_data(dataset: Dataset) -> None:
    """Raise a UserError if ranks have data sets of different lengths."""
    sizes = all_gather_object(len(dataset))
    for rank, size in enumerate(sizes):
        if size != sizes[0]:
            raise UserError(
                f'process {rank} has {size} training images and process 0 has '
                f'{sizes[0]}: all machines need the same data, so correct data_root, '
                'or copy the data again.'
            )

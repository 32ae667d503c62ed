"""Fine-tune a pre-trained backbone on a benchmark of mmdet or mmseg, and measure it."""

import os
from pathlib import Path

import torch.distributed as dist
from mmengine.config import Config
from mmengine.dist import is_main_process

from setsim_mm.engine.runner import DurableRunner
from setsim_mm.engine.training import take_work_dir, train
from setsim_mm.runs.run_record import write_record
from setsim_mm.utils.checkpoints import load_checkpoint, model_weights, save_weights
from setsim_mm.utils.config_files import load_training_config
from setsim_mm.utils.distributed import join_processes_without_gpu, rank_and_processes
from setsim_mm.utils.errors import UserError
from setsim_mm.utils.printable import some_of
from setsim_mm.utils.state_dict_mismatch import state_dict_mismatches
from setsim_mm.utils.work_dir import lock_work_dir, require_writable

from .classes import require_classes
from .data_root import data_root_of, set_data_root
from .evaluators import require_packages, set_result_folders
from .finetuning_record import finetuning_record
from .layouts import require_dataset
from .precision import require_precision
from .readable_images import require_readable_images
from .weights import RANDOM, transferred_configs, transferred_weights, weights_file
from .wrapped_data import LOADERS, wrap_datasets

HOSTS = ('mmdet', 'mmseg')


def load_finetuning_config(
    path: str,
    options: dict | None = None,
    data_root: str | os.PathLike | None = None,
    merge: str | None = None,
) -> Config:
    """Load the config of a benchmark.

    Args:
        path (str): The config file.
        options (dict, optional): Overrides, such as ``{'train_cfg.max_iters': 100}``.
            Defaults to None.
        data_root (str | os.PathLike, optional): See
            :func:`~setsim_mm.transfer.data_root.set_data_root`. Defaults to None, what
            the config says.
        merge (str, optional): A config file that is merged into it. Defaults to None.

    Returns:
        Config: For :func:`finetune` and :func:`evaluate`.

    Raises:
        UserError: If the config cannot be read, or is not one of a benchmark.
    """
    cfg = load_training_config(path, options, merge)
    if cfg.get('default_scope') not in HOSTS or 'backbone' not in cfg.model:
        raise UserError(
            f'the config {path!r} is not one of MMDetection or MMSegmentation: choose '
            'one of configs/benchmarks.'
        )
    if data_root is not None:
        set_data_root(cfg, data_root)
    for part in ('val_dataloader', 'test_dataloader'):
        if cfg.get(part) and cfg[part].get('num_workers') == 0:
            cfg[part].persistent_workers = False  # PyTorch requires it
    return cfg


def default_work_dir(config: str, checkpoint: str | os.PathLike) -> str:
    """Return the output folder of a checkpoint on a benchmark."""
    return os.path.join('work_dirs', Path(config).stem, Path(checkpoint).stem)


def finetune(
    cfg: Config,
    checkpoint: str | os.PathLike,
    resume: bool = False,
    amp: bool = False,
    auto_scale_lr: bool = False,
    restart: bool = False,
    check_images: bool = False,
    name: str | None = None,
) -> Path | None:
    """Fine-tune the backbone of a checkpoint on a benchmark, and measure it.

    The folder gets a record of the run, with the metrics when it has ended; see
    :class:`~setsim_mm.runs.run_record.RunRecord`.

    Args:
        cfg (Config): From :func:`load_finetuning_config`, with its ``work_dir``.
        checkpoint (str | os.PathLike): See
            :func:`~setsim_mm.transfer.weights.transferred_weights`, or ``'random'``.
        resume (bool): Whether to resume from the last checkpoint in the output folder,
            if any. Defaults to False.
        amp (bool): Whether to train in mixed precision. Defaults to False.
        auto_scale_lr (bool): Whether to scale the learning rate with the batch size.
            Defaults to False.
        restart (bool): See :func:`~setsim_mm.engine.training.train`. Defaults to
            False.
        check_images (bool): Whether to read all images before training. Defaults to
            False: training images that cannot be read are reported and replaced.
        name (str, optional): The name of the checkpoint in the tables. Defaults to
            None, that of its file.

    Returns:
        Path | None: The last checkpoint; None in all processes but the main one.

    Raises:
        UserError: If the run cannot start. Nothing is written over.
    """
    require_packages(cfg)
    require_precision(cfg, amp)
    require_classes(cfg)
    require_data(cfg)
    random = str(checkpoint) == RANDOM
    weights = None if random else transferred_weights(cfg, checkpoint)
    rank, processes = rank_and_processes(cfg.launcher)
    if check_images:
        require_readable_images(cfg, LOADERS, rank, processes)
    # Before the paths and wrappers of this run are added to the config.
    record = finetuning_record(
        cfg, checkpoint, name, processes, amp=amp, auto_scale_lr=auto_scale_lr
    )
    if rank == 0:
        # Locked first: the record names the run that the folder belongs to.
        lock_work_dir(cfg.work_dir)
        if restart:
            take_work_dir(cfg.work_dir, resume, restart)
        write_record(record, resume, restart)
    file = weights_file(cfg.work_dir)
    if weights is not None:
        # Each process writes the same whole file, for they cannot wait for each other
        # yet.
        save_weights(weights, file, checkpoint)
    for part in transferred_configs(cfg).values():
        part.init_cfg = (
            None if random else dict(type='Pretrained', checkpoint=str(file))
        )
    set_result_folders(cfg)
    wrap_datasets(cfg)
    if rank == 0 and not auto_scale_lr:
        _warn_if_batch_differs(cfg, processes)
    resume_from = 'auto' if resume else None
    return train(cfg, resume_from, amp, auto_scale_lr, restart, record=record)


def evaluate(
    cfg: Config, checkpoint: str | os.PathLike, check_images: bool = False
) -> dict[str, float] | None:
    """Evaluate a model that :func:`finetune` has trained.

    Args:
        cfg (Config): The config of the training.
        checkpoint (str | os.PathLike): A checkpoint of the training.
        check_images (bool): Whether to read all images before. Defaults to False.

    Returns:
        dict[str, float] | None: The metrics by the evaluators' names; None in all
        processes but the main one.

    Raises:
        UserError: If the checkpoint does not fit the model.
    """
    require_packages(cfg)
    require_classes(cfg)
    require_data(cfg)
    weights = model_weights(load_checkpoint(checkpoint))
    if check_images:
        place = rank_and_processes(cfg.launcher)
        require_readable_images(cfg, ['test_dataloader'], *place)
    require_writable(cfg.work_dir)
    set_result_folders(cfg)
    wrap_datasets(cfg)
    join_processes_without_gpu(cfg)
    cfg.load_from, cfg.resume = str(checkpoint), False
    runner = DurableRunner.from_cfg(cfg)
    mismatches = state_dict_mismatches(
        model_weights(runner.model.state_dict()), weights
    )
    if mismatches:
        raise UserError(
            f'{str(checkpoint)!r} is no checkpoint of this benchmark '
            f'({len(mismatches)} weights do not fit: {some_of(mismatches)}): give one '
            'that finetune.py saved.'
        )
    metrics = runner.test()
    result = metrics if is_main_process() else None
    if dist.is_initialized():
        dist.destroy_process_group()
    return result


def require_data(cfg: Config) -> None:
    """Raise an error if the data set of a benchmark is incomplete or wrong.

    Args:
        cfg (Config): The config of a benchmark. With ``task=None`` the data set is
            the user's own and is not checked.

    Raises:
        UserError: If something is missing or wrong.
    """
    if cfg.get('task') is not None:
        outside = cfg.get('allow_paths_outside', False)
        require_dataset(cfg.task, data_root_of(cfg), outside)


def _warn_if_batch_differs(cfg: Config, processes: int) -> None:
    expected = cfg.get('auto_scale_lr', {}).get('base_batch_size')
    batch = cfg.train_dataloader.batch_size * processes
    if expected not in (None, batch):
        print(
            f'This trains with {batch} images a step and not with the {expected} of '
            'the protocol: set train_dataloader.batch_size for comparable metrics, or '
            'scale the learning rate with --auto-scale-lr.'
        )

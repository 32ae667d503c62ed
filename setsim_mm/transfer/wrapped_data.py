"""Data sets of a benchmark, wrapped so that damaged files do not end its training."""

from mmengine.config import Config

from . import skip_unreadable

LOADERS = ('train_dataloader', 'val_dataloader', 'test_dataloader')
# Found from the scopes of mmdet and mmseg.
TYPE = 'mmselfsup.SkipUnreadable'
HOOK = 'mmselfsup.UnreadableImagesHook'


def wrap_datasets(cfg: Config) -> None:
    """Replace unreadable images in training, and name them in evaluations.

    Args:
        cfg: Config of a benchmark. Its data sets are wrapped in
            :class:`~.skip_unreadable.SkipUnreadable`, unless they are already, with
            ``max_unreadable_share`` and ``allow_paths_outside`` of the config as
            arguments. A hook is added that counts the images at the end.
    """
    outside = cfg.get('allow_paths_outside', False)
    share = cfg.get('max_unreadable_share', 0.01)
    for name in LOADERS:
        if cfg.get(name):
            arguments = dict(
                max_unreadable_share=share if name == 'train_dataloader' else None,
                allow_paths_outside=outside,
            )
            cfg[name].dataset = _wrapped(cfg[name].dataset.to_dict(), arguments)
    hooks = list(cfg.get('custom_hooks') or [])
    if all(hook['type'] != HOOK for hook in hooks):
        cfg.custom_hooks = [*hooks, dict(type=HOOK)]
    _import_wrapper(cfg)


def _wrapped(dataset: dict, arguments: dict) -> dict:
    """Wrap what reads files, inside of what repeats or joins data sets."""
    if dataset['type'] == TYPE:
        replaces = arguments['max_unreadable_share'] is not None
        return dataset if replaces else dict(dataset, max_unreadable_share=None)
    if dataset.get('datasets'):
        parts = [_wrapped(part, arguments) for part in dataset['datasets']]
        return dict(dataset, datasets=parts)
    if dataset.get('dataset'):
        return dict(dataset, dataset=_wrapped(dataset['dataset'], arguments))
    return dict(type=TYPE, dataset=dataset, **arguments)


def _import_wrapper(cfg: Config) -> None:
    """Import the wrapper in the config, so that its copy in the work folder works."""
    imports = (cfg.get('custom_imports') or {}).get('imports', [])
    names = [imports] if isinstance(imports, str) else list(imports)
    needed = [
        name for name in ('setsim_mm', skip_unreadable.__name__) if name not in names
    ]
    if needed:
        cfg.custom_imports = dict(imports=[*names, *needed], allow_failed_imports=False)

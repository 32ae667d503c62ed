"""Wrap the data sets of a benchmark so that damaged files do not stop its training."""

from mmengine.config import Config

from . import skip_unreadable

LOADERS = ('train_dataloader', 'val_dataloader', 'test_dataloader')
# With the scope's name, because the default scope is mmdet or mmseg.
TYPE = 'mmselfsup.SkipUnreadable'
HOOK = 'mmselfsup.UnreadableImagesHook'


def wrap_datasets(cfg: Config) -> None:
    """Wrap the data sets of a config, so that training replaces unreadable images.

    In evaluations, unreadable images are an error with the file's name. A hook is added
    that counts the images at the end.

    Args:
        cfg: Config of a benchmark. Its data sets are wrapped in
            :class:`~.skip_unreadable.SkipUnreadable`, unless they are already, with
            ``max_unreadable_share`` and ``allow_paths_outside`` of the config as
            arguments.
    """
    outside = cfg.get('allow_paths_outside', False)
    share = cfg.get('max_unreadable_share', 0.01)
    for name in LOADERS:
        if cfg.get(name):
            arguments = dict(
                max_unreadable_share=share if name == 'train_dataloader' else None,
                allow_paths_outside=outside,
            )
            cfg[name].dataset = _wrap(cfg[name].dataset.to_dict(), arguments)
    hooks = list(cfg.get('custom_hooks') or [])
    if all(hook['type'] != HOOK for hook in hooks):
        cfg.custom_hooks = [*hooks, dict(type=HOOK)]
    _import_wrapper(cfg)


def _wrap(dataset: dict, arguments: dict) -> dict:
    """Wrap the data sets that read files, inside of repeated or concatenated ones."""
    if dataset['type'] == TYPE:
        replaces = arguments['max_unreadable_share'] is not None
        return dataset if replaces else dict(dataset, max_unreadable_share=None)
    if dataset.get('datasets'):
        parts = [_wrap(part, arguments) for part in dataset['datasets']]
        return dict(dataset, datasets=parts)
    if dataset.get('dataset'):
        return dict(dataset, dataset=_wrap(dataset['dataset'], arguments))
    return dict(type=TYPE, dataset=dataset, **arguments)


def _import_wrapper(cfg: Config) -> None:
    """Add the wrapper to the config's imports, so that the saved config works alone."""
    imports = (cfg.get('custom_imports') or {}).get('imports', [])
    names = [imports] if isinstance(imports, str) else list(imports)
    needed = [
        name for name in ('setsim_mm', skip_unreadable.__name__) if name not in names
    ]
    if needed:
        cfg.custom_imports = dict(imports=[*names, *needed], allow_failed_imports=False)

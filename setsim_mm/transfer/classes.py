"""Check that a benchmark's model has as many classes as its data."""

from collections.abc import Iterator

from mmengine.config import Config
from mmengine.registry import DATASETS

from setsim_mm.datasets.inner_datasets import inner_configs
from setsim_mm.utils.errors import UserError


def require_classes(cfg: Config) -> None:
    """Raise an error if a model has more or fewer classes than a data set.

    Args:
        cfg (Config): Config of a benchmark.

    Raises:
        UserError: If the numbers differ.
    """
    heads = list(_heads(cfg.model.to_dict(), 'model'))
    for part in ('train_dataloader', 'val_dataloader'):
        for dataset in inner_configs(cfg[part].dataset):
            classes = _classes(dataset, cfg.default_scope)
            for name, number in heads:
                if classes is not None and number != len(classes):
                    raise UserError(
                        f'{name} is {number}, but the {dataset["type"]} of {part} has '
                        f'{len(classes)} classes: correct {name}, or metainfo.classes '
                        'of the data set.'
                    )


def _heads(part: object, name: str) -> Iterator[tuple[str, int]]:
    """Yield the dotted name and the value of each ``num_classes`` in a config."""
    if isinstance(part, dict):
        for key, value in part.items():
            if key == 'num_classes':
                yield f'{name}.{key}', value
            else:
                yield from _heads(value, f'{name}.{key}')
    elif isinstance(part, list | tuple):
        for number, value in enumerate(part):
            yield from _heads(value, f'{name}.{number}')


def _classes(dataset: dict, scope: str) -> tuple[str, ...] | None:
    """Return the names of the classes; None if only the annotations name them."""
    with DATASETS.switch_scope_and_registry(scope) as registry:
        kind = registry.get(dataset['type'])
    own = (dataset.get('metainfo') or {}).get('classes')
    classes = own or getattr(kind, 'METAINFO', {}).get('classes')
    return None if classes is None or isinstance(classes, str) else tuple(classes)

"""Merge one config into another, so that a family of configs runs at another scale."""

from mmengine.config import Config

FOR_MODEL_TYPE = 'for_model_type'


def merge_config(cfg: Config, other: Config) -> None:
    """Merge ``other`` into ``cfg`` as mmengine merges a child config into its base.

    ``_delete_=True`` in a dictionary replaces it. A key such as ``'1'`` in
    ``pipeline={'1': dict(...)}`` is an index of a list. ``for_model_type`` maps the
    type of a model to settings that are merged for that type alone.

    Args:
        cfg (Config): A training config, which is changed.
        other (Config): The config to merge.

    Raises:
        KeyError, TypeError: If the two do not fit.

    Examples:
        >>> cfg = Config(dict(model=dict(type='MoCo', queue_len=65536), batch=256))
        >>> only = dict(MoCo=dict(model=dict(queue_len=8)), SimSiam=dict(batch=1))
        >>> merge_config(cfg, Config(dict(batch=32, for_model_type=only)))
        >>> cfg.model.queue_len, cfg.batch
        (8, 32)
    """
    everywhere = other.to_dict()
    by_type = everywhere.pop(FOR_MODEL_TYPE, {})
    cfg.merge_from_dict(everywhere)
    model_type = str(cfg.get('model', {}).get('type')).split('.')[-1]
    cfg.merge_from_dict(by_type.get(model_type, {}))

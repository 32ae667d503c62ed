"""Laying one config over another, so that a whole family runs at another scale."""

from mmengine.config import Config

FOR_MODEL_TYPE = 'for_model_type'


def merge_config(cfg: Config, other: Config) -> None:
    """Merge ``other`` into ``cfg`` as a child config is merged into its base.

    Three things are possible: ``_delete_=True`` in a dictionary, an index as the key
    of a list (``pipeline={'1': dict(...)}``), and ``for_model_type``, a dictionary
    from a model's type to what is merged for that type alone.

    Args:
        cfg (Config): A training config; it is changed.
        other (Config): What is laid over it.

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

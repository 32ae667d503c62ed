"""Changes of the configs of trials."""

from mmengine.config import Config

PROBE = 'CorrespondencePrecisionHook'
# A training for copy detection has no two views that were cut from an image.
SUFFICIENT = (PROBE, 'CopyDetectionHook')


def leave_matcher_alone(cfg: Config) -> None:
    """Remove geometry and the symmetrised loss, so that only one matcher is left.

    The paper does not say whether Table 2 and Figure 3 were measured with them.

    Args:
        cfg (Config): A training config of SetSim; it is changed.
    """
    cfg.model.symmetric = False
    matcher = cfg.model.matcher
    if 'matchers' in matcher:
        matcher.matchers = [
            part for part in matcher.matchers if part['type'] != 'GeometricMatcher'
        ]


def ensure_probe(cfg: Config) -> None:
    """Add a hook that measures correspondence precision, which needs no labels.

    A run without a probe has no metric for a table.

    Args:
        cfg (Config): A training config. It is changed if it has neither this hook nor
            that of copy detection.
    """
    hooks = list(cfg.get('custom_hooks') or [])
    if all(hook['type'] not in SUFFICIENT for hook in hooks):
        interval = max(1, cfg.train_cfg.get('max_epochs', 1) // 20)
        cfg.custom_hooks = [*hooks, dict(type=PROBE, interval=interval)]

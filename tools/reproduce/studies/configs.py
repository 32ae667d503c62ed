"""The config of a trial: a row's, at any scale."""

from mmengine.config import Config

from setsim_mm.runs.settings import differences, digest, settings_of

PROBE = 'CorrespondencePrecisionHook'

__all__ = [
    'differences',
    'digest',
    'ensure_probe',
    'leave_matcher_alone',
    'settings_of',
]


def leave_matcher_alone(cfg: Config) -> None:
    """Take geometry and the symmetrised loss away, so that one matcher stands alone.

    The paper does not say whether Table 2 and Figure 3 ran with them.

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
    """Let a run measure correspondence precision, which needs no labels.

    Without a probe there would be nothing to tabulate after days of training.

    Args:
        cfg (Config): A training config; it is changed if it has no such hook.
    """
    hooks = list(cfg.get('custom_hooks') or [])
    if all(hook['type'] != PROBE for hook in hooks):
        interval = max(1, cfg.train_cfg.get('max_epochs', 1) // 20)
        cfg.custom_hooks = [*hooks, dict(type=PROBE, interval=interval)]

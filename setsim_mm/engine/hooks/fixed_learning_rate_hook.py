"""Keep the learning rate of SimSiam's predictor constant."""

from mmengine.hooks import Hook
from mmengine.runner import Runner

from setsim_mm.host import HOOKS


@HOOKS.register_module()
class FixedLearningRateHook(Hook):
    """Keep the learning rate of marked parameters at its initial value.

    Parameters are marked in the config of the optimizer wrapper:
    ``paramwise_cfg=dict(custom_keys={'predictor': dict(fix_lr=True)})``.

    mmselfsup's ``SimSiamHook`` has its own learning rate, which ``--auto-scale-lr`` and
    options do not change, and sets it only at the start of an epoch, before a schedule
    by iterations overwrites it.

    Raises:
        ValueError: If no parameter is marked.
    """

    priority = 'HIGH'

    def before_train(self, runner: Runner) -> None:
        """Check that parameters are marked."""
        if not self._marked_groups(runner):
            raise ValueError(
                'FixedLearningRateHook finds no marked parameters: mark those of the '
                'predictor with optim_wrapper.paramwise_cfg='
                "dict(custom_keys={'predictor': dict(fix_lr=True)}), or remove the "
                'hook.'
            )

    def before_train_iter(
        self, runner: Runner, batch_idx: int, data_batch: dict | None = None
    ) -> None:
        """Restore the initial learning rate."""
        for group in self._marked_groups(runner):
            # initial_lr is set by schedules; without one the rate does not change.
            group['lr'] = group.get('initial_lr', group['lr'])

    @staticmethod
    def _marked_groups(runner: Runner) -> list[dict]:
        groups = runner.optim_wrapper.param_groups
        return [group for group in groups if group.get('fix_lr')]

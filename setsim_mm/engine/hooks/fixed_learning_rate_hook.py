"""The constant learning rate of SimSiam's predictor."""

from mmengine.hooks import Hook
from mmengine.runner import Runner

from setsim_mm.host import HOOKS


@HOOKS.register_module()
class FixedLearningRateHook(Hook):
    """Keep the learning rate of marked parameters at its initial value.

    Parameters are marked in the config of the optimizer wrapper:
    ``paramwise_cfg=dict(custom_keys={'predictor': dict(fix_lr=True)})``.

    mmselfsup's ``SimSiamHook`` does the same with a rate of its own, which disagrees
    with the optimizer's as soon as ``--auto-scale-lr`` or an option changes that, and
    which a schedule by iterations overrules after the first step of an epoch.

    Raises:
        ValueError: If no parameter is marked.
    """

    priority = 'HIGH'

    def before_train(self, runner: Runner) -> None:
        """See that there is something to keep.

        Args:
            runner (Runner): The runner.
        """
        if not self._marked_groups(runner):
            raise ValueError(
                'FixedLearningRateHook finds no marked parameters: mark those of the '
                'predictor with optim_wrapper.paramwise_cfg='
                "dict(custom_keys={'predictor': dict(fix_lr=True)}), or leave the hook "
                'out.'
            )

    def before_train_iter(
        self, runner: Runner, batch_idx: int, data_batch: dict | None = None
    ) -> None:
        """Put back what the schedule has changed.

        Args:
            runner (Runner): The runner.
            batch_idx (int): The step of the epoch.
            data_batch (dict, optional): The batch. Defaults to None.
        """
        for group in self._marked_groups(runner):
            # Without a schedule nobody notes the initial rate, and nobody changes it.
            group['lr'] = group.get('initial_lr', group['lr'])

    @staticmethod
    def _marked_groups(runner: Runner) -> list[dict]:
        groups = runner.optim_wrapper.param_groups
        return [group for group in groups if group.get('fix_lr')]

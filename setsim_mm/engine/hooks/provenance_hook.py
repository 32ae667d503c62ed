"""Write the record of a run to its folder and its checkpoints."""

import logging
from dataclasses import replace
from pathlib import Path
from typing import Any

from mmengine.dist import is_main_process
from mmengine.hooks import Hook
from mmengine.logging import print_log
from mmengine.runner import Runner

from setsim_mm.host import HOOKS
from setsim_mm.runs import collect_provenance, session_changes, write_provenance
from setsim_mm.runs.run_record import read_record, training_record
from setsim_mm.utils.errors import UserError
from setsim_mm.utils.printable import printable

from .starting_weights_hook import StartingWeightsHook


@HOOKS.register_module()
class ProvenanceHook(Hook):
    """Record what determines the result of a run; warn if a resumed run changes it.

    The provenance is written to the record of the run, ``run.json`` in the output
    folder, with each session of a resumed run, and to ``meta.provenance`` in each
    checkpoint.
    """

    priority = 'VERY_HIGH'

    def __init__(self) -> None:
        self.before: Any = None
        self.record: dict[str, Any] | None = None

    def after_load_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Keep the record of the run that is resumed."""
        meta = checkpoint.get('meta', {})
        before = meta.get('provenance')
        if isinstance(before, dict) and isinstance(before.get('config'), dict):
            # before_save_checkpoint omits the text.
            config = dict(before['config'], text=meta.get('cfg'))
            self.before = dict(before, config=config)

    def before_train(self, runner: Runner) -> None:
        """Write the record, after the data set is built and a checkpoint is loaded."""
        if not is_main_process():
            return
        dataset = runner.train_dataloader.dataset
        self.record = collect_provenance(
            runner.cfg, runner.seed, dataset, runner.world_size
        )
        resumed = runner.iter > 0
        self.record['started_from'] = (
            _source_in(self.before) if resumed else _source_of(runner)
        )
        for clause in session_changes(self.before, self.record) if resumed else ():
            self._warn(f'The resumed run differs from the one before: {clause}')
        try:
            if read_record(runner.work_dir) is None:  # a runner without train()
                own = training_record(runner.cfg, runner.world_size)
                replace(own, work_dir=Path(runner.work_dir)).write()
            write_provenance(
                runner.work_dir, self.record, runner._load_from if resumed else None
            )
        except (OSError, UserError) as error:
            self._warn(f'The provenance cannot be written ({error})')

    def before_save_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Add the record to a checkpoint, which has the config's text already."""
        if self.record is not None:
            config = {k: v for k, v in self.record['config'].items() if k != 'text'}
            checkpoint['meta']['provenance'] = dict(self.record, config=config)

    def _warn(self, text: str) -> None:
        print_log(f'{printable(text)}.', logger='current', level=logging.WARNING)


def _source_of(runner: Runner) -> dict[str, Any] | None:
    """Return the source of a new run's weights; None if they were initialised."""
    for hook in runner.hooks:
        if isinstance(hook, StartingWeightsHook):
            return hook.start.record
    return None


def _source_in(before: dict[str, Any] | None) -> dict[str, Any] | None:
    """Return the source in an untrusted record of a resumed run, plain values only."""
    source = (before or {}).get('started_from')
    if not isinstance(source, dict):
        return None
    return {
        str(name): value for name, value in source.items() if type(value) in (str, int)
    }

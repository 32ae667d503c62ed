"""The file that keeps the settings of a pre-training for its continuation."""

import json
import os
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from setsim_mm.runs.settings import differences
from setsim_mm.utils.durable_files import write_text_whole
from setsim_mm.utils.errors import UserError
from setsim_mm.utils.json_files import damaged, read_json
from setsim_mm.utils.printable import some_of

from .plan import Plan

PLAN = 'plan.json'


@dataclass(frozen=True)
class PlannedRun:
    """A plan and what it is applied to.

    Args:
        plan (Plan): The settings.
        data (str): Folder of the images.
        from_weights (str, optional): The checkpoint that the backbone starts from.
            Defaults to None.
        cfg_options (dict[str, Any]): Overrides of parts of the config.
    """

    plan: Plan
    data: str
    from_weights: str | None = None
    cfg_options: dict[str, Any] = field(default_factory=dict)

    def write(self, out: str | os.PathLike) -> None:
        """Write the file to an output folder."""
        write_text_whole(Path(out, PLAN), json.dumps(asdict(self), indent=1) + '\n')

    def require_same(
        self,
        data: str | os.PathLike,
        given: dict[str, Any],
        from_weights: str | os.PathLike | None,
        cfg_options: dict | None,
    ) -> None:
        """Raise an error if a command asks for another run.

        Args:
            data (str | os.PathLike): The folder of images of the command.
            given (dict[str, Any]): Its settings by the names of :class:`Plan`; None for
                those that it leaves open.
            from_weights (str | os.PathLike, optional): Its weights.
            cfg_options (dict, optional): Its overrides.

        Raises:
            UserError: If they are not those of this run.
        """
        asked = {name: value for name, value in given.items() if value is not None}
        there = {name: getattr(self.plan, name) for name in asked}
        asked['data'], there['data'] = str(data), self.data
        if from_weights is not None:
            asked['from_weights'] = os.path.abspath(from_weights)
            there['from_weights'] = self.from_weights
        if cfg_options is not None:
            # As in the file, where tuples are lists.
            asked['cfg_options'] = json.loads(json.dumps(cfg_options))
            there['cfg_options'] = self.cfg_options
        differ = differences(there, asked, 'there', 'here')
        if differ:
            raise UserError(
                f'the output folder holds another run ({some_of(differ)}): set --out '
                'to another folder.'
            )


def read_planned_run(out: str | os.PathLike) -> PlannedRun:
    """Read the plan of the run in an output folder.

    Raises:
        UserError: If the run there has no plan, or a damaged one.
    """
    path = Path(out, PLAN)
    if not path.is_file():
        raise UserError(
            f'{str(out)!r} holds a run of another program (it has no {PLAN}): set '
            '--out to another folder.'
        )
    content = read_json(path, plan=dict, data=str, cfg_options=dict)
    names = {entry.name for entry in fields(Plan)}
    if content['plan'].keys() != names:
        raise damaged(path, 'its settings are not those of this version')
    plan = Plan(**content['plan'])
    return PlannedRun(
        plan, content['data'], content.get('from_weights'), content['cfg_options']
    )

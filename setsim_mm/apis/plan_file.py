"""The file that keeps the settings of a pre-training for its continuation."""

import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, TypeVar

from setsim_mm.runs.settings import as_json, differences
from setsim_mm.utils.durable_files import write_text_whole
from setsim_mm.utils.errors import UserError
from setsim_mm.utils.json_files import damaged, read_json
from setsim_mm.utils.printable import some_of

from .channels import Channels
from .plan import Plan

PLAN = 'plan.json'

Settings = TypeVar('Settings', Plan, Channels)


@dataclass(frozen=True)
class PlannedRun:
    """A plan and what it is applied to.

    Args:
        plan (Plan): The settings.
        data (str): Folder of the images.
        from_weights (str, optional): The checkpoint that the backbone starts from.
            Defaults to None.
        cfg_options (dict[str, Any]): Overrides of parts of the config.
        channels (Channels, optional): Those of the images. Defaults to None, 8-bit RGB.
    """

    plan: Plan
    data: str
    from_weights: str | None = None
    cfg_options: dict[str, Any] = field(default_factory=dict)
    channels: Channels | None = None

    def lines(self) -> Iterator[str]:
        """Yield a line with its reason for each setting."""
        if self.channels is not None:
            yield from self.channels.lines()
        yield from self.plan.lines()

    def write(self, out: str | os.PathLike) -> None:
        """Write the file to an output folder."""
        write_text_whole(Path(out, PLAN), json.dumps(asdict(self), indent=1) + '\n')

    def require_same(
        self,
        data: str | os.PathLike,
        given: dict[str, Any],
        from_weights: str | os.PathLike | None,
        cfg_options: dict | None,
        channels: int | None = None,
    ) -> None:
        """Raise an error if a command asks for another run.

        Args:
            data (str | os.PathLike): The folder of images of the command.
            given (dict[str, Any]): Its settings by the names of :class:`Plan`; None for
                those that it leaves open.
            from_weights (str | os.PathLike, optional): Its weights.
            cfg_options (dict, optional): Its overrides.
            channels (int, optional): Its number of channels. Defaults to None.

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
            asked['cfg_options'] = as_json(cfg_options)
            there['cfg_options'] = self.cfg_options
        if channels is not None:
            asked['channels'] = channels
            there['channels'] = self.channels and self.channels.number
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
    channels = content.get('channels')  # older versions do not write them
    return PlannedRun(
        _read(Plan, content['plan'], path),
        content['data'],
        content.get('from_weights'),
        content['cfg_options'],
        None if channels is None else _read(Channels, channels, path),
    )


def _read(kind: type[Settings], content: dict[str, Any], path: Path) -> Settings:
    if content.keys() != {entry.name for entry in fields(kind)}:
        raise damaged(path, 'its settings are not those of this version')
    return kind(**content)

"""Write logs of synthetic runs."""

import json
from pathlib import Path


def write_log(work_dir: Path, time: str, records: list[dict], config: str = '') -> None:
    vis_data = work_dir / time / 'vis_data'
    vis_data.mkdir(parents=True)
    lines = [json.dumps(record) for record in records]
    (vis_data / 'scalars.json').write_text('\n'.join(lines) + '\n')
    (vis_data / 'config.py').write_text(config)


def loss(step: int, value: float) -> dict:
    """A record in the format of mmengine's LoggerHook."""
    return dict(
        lr=0.03,
        loss=value,
        loss_image=0.4 * value,
        loss_set=0.6 * value,
        epoch=1,
        iter=step,
        step=step,
    )


def precision(step: int, value: float) -> dict:
    return dict(
        correspondence_precision=value,
        correspondence_chance=0.13,
        epoch=step // 10,
        step=step,
    )


def write_run(work_dir: Path) -> Path:
    """Write the log of 20 steps in two epochs with correspondence precision."""
    records = [precision(0, 0.4)]
    for step in range(1, 21):
        records.append(loss(step, 5 - step / 10))
        if step % 10 == 0:
            records.append(precision(step, 0.4 + step / 80))
    write_log(work_dir, '20260101_120000', records)
    return work_dir

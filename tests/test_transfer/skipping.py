"""Data sets that skip unreadable files."""

from pathlib import Path
from typing import Any

from mmengine.registry import DATASETS


def build(config: dict, share: float | None = 0.5, **arguments: Any) -> Any:
    return DATASETS.build(
        dict(
            type='mmselfsup.SkipUnreadable',
            dataset=config,
            max_unreadable_share=share,
            **arguments,
        )
    )


def images_taken(dataset: Any, times: int = 1) -> list[str]:
    """Return the file names of all samples."""
    return [
        Path(dataset[idx]['data_samples'].img_path).name
        for _ in range(times)
        for idx in range(len(dataset))
    ]

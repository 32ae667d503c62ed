"""Program of the segmentation probe's process: ``python -m`` with a config.

:func:`~setsim_mm.evaluation.run_segmentation_probe` starts it.
"""

import json
import sys
from pathlib import Path

from mmengine.config import Config
from mmengine.runner import Runner

from setsim_mm.evaluation.segmentation_probe import RESULT
from setsim_mm.utils import sentences_for_errors


def main() -> None:
    """Train and write the metrics of the last validation to the work folder."""
    with sentences_for_errors():
        cfg = Config.fromfile(sys.argv[1])
        runner = Runner.from_cfg(cfg)
        runner.train()
        scalars = runner.message_hub.log_scalars
        metrics = {
            name.removeprefix('val/'): float(history.current())
            for name, history in scalars.items()
            if name in ('val/mIoU', 'val/mAcc', 'val/aAcc')
        }
        Path(cfg.work_dir, RESULT).write_text(json.dumps(metrics) + '\n')


if __name__ == '__main__':
    main()

"""A training of four epochs that takes a moment, started as tools/train.py is.

Its last argument says how it ends: ``well``, ``badly`` or ``silently`` after an epoch,
or not by itself (``never``).
"""

import json
import sys
import time
from pathlib import Path

config, work_dir, seed, how = Path(sys.argv[1]), Path(sys.argv[2]), *sys.argv[3:]
assert config.parent == work_dir and 'max_epochs=4' in config.read_text()
pointer = work_dir / 'last_checkpoint'
begin = int(pointer.read_text()[6:-4]) if pointer.exists() else 0
print(f'Starting after epoch {begin}.', flush=True)
for epoch in range(begin + 1, 5):
    print(f'11/21 12:00:00 - mmengine - INFO - Epoch(train) [{epoch}][2/2]', flush=True)
    (work_dir / f'epoch_{epoch}.pth').touch()
    pointer.write_text(f'epoch_{epoch}.pth')
    if how == 'badly':
        sys.exit('Error: the disk is full: make room.')
    if how == 'silently':
        sys.exit(0)
    while how == 'never':
        time.sleep(0.05)
log = work_dir / '20260101_120000' / 'vis_data' / 'scalars.json'
log.parent.mkdir(parents=True, exist_ok=True)
value = 60 + int(seed.removeprefix('randomness.seed='))
records = [dict(accuracy=1.0, step=1), dict(accuracy=value, step=4)]
log.write_text('\n'.join(map(json.dumps, records)))

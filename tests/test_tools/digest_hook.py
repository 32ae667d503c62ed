"""A hook that writes hashes of the model in each process after every step.

Configs of the tests import it through ``custom_imports``.
"""

import hashlib
import json
from pathlib import Path

from mmengine.dist import get_rank
from mmengine.hooks import Hook
from mmengine.model import is_model_wrapper
from mmengine.runner import Runner
from torch import Tensor, nn

from setsim_mm.registry import HOOKS


def digest(tensors: list[Tensor]) -> str:
    """Return a hash of the bits of tensors."""
    whole = hashlib.sha256()
    for tensor in tensors:
        whole.update(tensor.detach().cpu().contiguous().numpy().tobytes())
    return whole.hexdigest()


def digests(model: nn.Module) -> dict[str, str]:
    """Return hashes of the parts that must be equal in all processes."""
    query, key = model.backbone, model.momentum_encoder
    queues = model.image_queue, model.set_queue
    return dict(
        query=digest([*query.parameters(), *model.neck.parameters()]),
        key=digest(list(key.parameters())),
        queues=digest([tensor for queue in queues for tensor in queue.buffers()]),
        # These differ, because each process has different images.
        own_statistics=digest([query.bn1.running_mean]),
    )


@HOOKS.register_module()
class DigestHook(Hook):
    """Append the digests to ``rank<r>.jsonl`` in the output folder."""

    def after_train_iter(self, runner: Runner, *args: object, **kwargs: object) -> None:
        model = runner.model
        is_wrapped = is_model_wrapper(model)
        line = digests(model.module if is_wrapped else model)
        line['find_unused_parameters'] = is_wrapped and model.find_unused_parameters
        with Path(runner.work_dir, f'rank{get_rank()}.jsonl').open('a') as file:
            file.write(json.dumps(line) + '\n')

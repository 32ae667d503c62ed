"""Hostile files, and the commands that read them.

To extend the table, add a file to ``FILES`` or ``FOLDERS``, or a command to
``COMMANDS`` or ``COMMANDS_ON_FOLDERS``. Every command gets every file, except that
those of ``SLOW``, which use the same readers, get the files of ``FOR_SLOW``. The fast
tests use the files of ``QUICK``, and every file for one command.
"""

import json
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ..hostile_files import calls, in_legacy, in_zip


def program(marker: Path) -> str:
    """Return a program that makes a folder."""
    return f'a = __import__("os").makedirs({str(marker)!r}, exist_ok=True)\n'


def content_with(part: Any) -> dict[str, Any]:
    """Return a checkpoint with something else in each of its parts."""
    return dict(
        state_dict={'backbone.conv1.weight': [1], 'evil': part},
        meta=dict(epoch=0, iter=0, evil=part, provenance=part, dataset_meta=part),
        message_hub=dict(log_scalars={'train/loss': part}, runtime_info=part),
        optimizer=dict(state={0: part}, param_groups=[part]),
        param_schedulers=[part],
        evil=part,
    )


def write_texts(marker: Path, path: Path, trained: dict[str, Any]) -> None:
    """Write a checkpoint that can be resumed, with programs as its texts."""
    code = program(marker)
    texts = dict(
        config=code,
        cfg=code,
        hook_msgs=dict(best_ckpt=code),
        experiment_name=code,
        provenance=dict(config=dict(text=code), command=code, versions=dict(a=code)),
    )
    torch.save(dict(trained, meta=dict(trained['meta'], **texts), evil=code), path)


def write_other_types(marker: Path, path: Path, trained: dict[str, Any]) -> None:
    """Write a checkpoint that PyTorch reads, with wrong types in all parts."""
    others = dict(meta='a', state_dict=[1], optimizer=1, message_hub=[1])
    torch.save(dict(others, param_schedulers='a'), path)


def write_other_weights(marker: Path, path: Path, trained: dict[str, Any]) -> None:
    """Write a checkpoint without tensors."""
    no_weights = {name: [1] for name in trained['state_dict']}
    no_weights.update({1: 'a', ('b', 'c'): None})
    torch.save(dict(trained, state_dict=no_weights, optimizer={1: 2}), path)


class Model(torch.nn.Module):
    """A model that PyTorch can compile."""

    def forward(self, x):
        return x


def write_compiled(marker: Path, path: Path, trained: dict[str, Any]) -> None:
    torch.jit.script(Model()).save(path)


def write_array(marker: Path, path: Path, trained: dict[str, Any]) -> None:
    """Write NumPy's format, which contains a pickle for objects."""
    objects = np.array([call for _, call in calls(marker)], dtype=object)
    with open(path, 'wb') as file:
        np.save(file, objects, allow_pickle=True)


def write_pickle(
    protocol: int, put: Callable[[bytes, Path], Any]
) -> Callable[[Path, Path, dict[str, Any]], None]:
    """Return a function that writes a checkpoint with all calls in each part."""

    def write(marker: Path, path: Path, trained: dict[str, Any]) -> None:
        every = [call for _, call in calls(marker)]
        put(pickle.dumps(content_with(every), protocol=protocol), path)

    return write


FILES: dict[str, Callable[[Path, Path, dict[str, Any]], None]] = {
    'protocol 0, old format': write_pickle(0, in_legacy),
    'protocol 2': write_pickle(2, in_zip),
    'protocol 2, old format': write_pickle(2, in_legacy),
    'protocol 4': write_pickle(4, in_zip),
    'protocol 5': write_pickle(5, in_zip),
    'pickle alone': write_pickle(3, lambda content, path: path.write_bytes(content)),
    'texts': write_texts,
    'other types': write_other_types,
    'no weights': write_other_weights,
    'compiled model': write_compiled,
    'NumPy array': write_array,
}
# FILE is the file. The other words in capitals are prepared once.
COMMANDS = {
    'inspect': 'tools/inspect_checkpoint.py FILE',
    'inspect --json': 'tools/inspect_checkpoint.py FILE --json',
    'inspect --config': 'tools/inspect_checkpoint.py FILE --config',
    'extract': 'tools/model_converters/extract_backbone_weights.py FILE out.pth',
    'from_authors': 'tools/model_converters/from_authors.py FILE out.pth',
    'to authors': 'tools/model_converters/from_authors.py FILE out.pth --reverse',
    'visualize': 'tools/visualize_correspondence.py SETSIM FILE IMAGES/0.png',
    'knn': 'tools/benchmarks/knn_classification.py SETSIM FILE --data-root CLASSES '
    '--k 3 --image-size 32 --num-workers 0',
    'linear': 'tools/benchmarks/linear_segmentation.py DEEPER FILE --data-root CAMVID',
    'finetune': 'tools/benchmarks/finetune.py FCN FILE --work-dir work --data-root VOC',
    'finetune --test': 'tools/benchmarks/finetune.py FCN FILE --work-dir work --test '
    '--data-root VOC',
    # The checkpoint is read before the error of the options.
    'run_suite': 'tools/reproduce/run_suite.py --checkpoint FILE --tasks voc_seg '
    '--cfg-options model.backbone.depth.no=1',
    'train load_from': 'tools/train.py SETSIM --work-dir work '
    '--cfg-options load_from=FILE',
    'train --from-weights': 'tools/train.py SETSIM --work-dir work --from-weights FILE',
    'train --resume FILE': 'tools/train.py SETSIM --work-dir work --resume FILE',
    'train --resume': 'tools/train.py SETSIM --work-dir RUN --resume',
    'finetune --resume': 'tools/benchmarks/finetune.py FCN random --work-dir RUN '
    '--data-root VOC --resume',
}
SLOW = ('from_authors', 'to authors', 'finetune --test', 'train', 'finetune --resume')
QUICK = ('protocol 2', 'texts', 'program, run.json', 'program, trial.json')
FOR_SLOW = ('protocol 2', 'texts', 'other types', 'no weights', 'compiled model')


def write_config(marker: Path, folder: Path) -> None:
    """Write the folders of two sessions of a run with programs as configs."""
    for time, step in (('20260101_120000', 1), ('20260102_120000', 2)):
        vis_data = folder / time / 'vis_data'
        vis_data.mkdir(parents=True)
        record = dict(loss=1.0, step=step)
        (vis_data / 'scalars.json').write_text(json.dumps(record) + '\n')
        (vis_data / 'config.py').write_text(f'{program(marker)}resume = True\n')


def write_records(text: str, *names: str) -> Callable[[Path, Path], None]:
    """Return a function that writes a text instead of records and logs of runs."""

    def write(marker: Path, folder: Path) -> None:
        text_here = text.replace('PROGRAM', program(marker))
        for run in ('setsim_r50_200e_in100_delta01', 'voc_seg'):
            for name in names:
                path = folder / run / 'seed_0' / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text_here)
        vis_data = folder / '20260101_120000' / 'vis_data'
        vis_data.mkdir(parents=True)
        for name in ('scalars.json', 'config.py'):
            (vis_data / name).write_text(f'{text_here}\n{text_here}\n')

    return write


TEXTS = {
    'program': 'PROGRAM',
    'list': '[1]',
    'object': '{"settings": 1, "metrics": 1, "seed": {}, "step": []}',
    'depth': '[' * 10**5,
    'empty': '',
}
FOLDERS: dict[str, Callable[[Path, Path], Any]] = {
    'config': write_config,
    **{
        f'{kind}, {names[0]}': write_records(text, *names)
        for kind, text in TEXTS.items()
        for names in (['run.json'], ['trial.json', 'result.json', 'finetuning.json'])
    },
}
COMMANDS_ON_FOLDERS = {
    'plot_log': 'tools/plot_log.py FILE --out out.png',
    'ablate': 'tools/reproduce/ablate.py table1 figure3 --table-only '
    '--work-dir FILE --out out',
    'report': 'tools/reproduce/report.py FILE --out out',
}
ALL_CASES = [
    *(
        (command, file)
        for command in COMMANDS
        for file in (FOR_SLOW if command.startswith(SLOW) else FILES)
    ),
    *((command, folder) for command in COMMANDS_ON_FOLDERS for folder in FOLDERS),
]


def is_quick(case: tuple[str, str]) -> bool:
    return case[0] == 'inspect' or case[1] in QUICK

"""Run the phases of QK Iteration."""

import os
import socket
import time
from pathlib import Path

from mmengine.dist import barrier, get_world_size
from mmengine.hooks import Hook
from mmengine.model import is_model_wrapper
from mmengine.runner import Runner

from setsim_mm.datasets.image_groups import read_image_groups
from setsim_mm.datasets.seeded import without_seeds
from setsim_mm.host import HOOKS, get_model
from setsim_mm.models.algorithms.qk_iteration import SIDES, QKIteration
from setsim_mm.models.memories import KeyBank
from setsim_mm.models.memories.key_bank import DTYPES
from setsim_mm.utils.errors import UserError
from setsim_mm.utils.module_modes import buffers_of_main_process, evaluation_mode
from setsim_mm.utils.random_state import fixed_random_state, seed_of_rank_0

from ..bank_encoding import BankImages, fill_bank, set_initial_statistics
from ..bank_room import require_room_for_bank
from .probe_hook import require_at_least


@HOOKS.register_module()
class QKPhaseHook(Hook):
    """Alternate the side of :class:`QKIteration` that learns.

    At the beginning of a phase the other side encodes its view of every image of the
    training data, in evaluation mode. Before the first phase a new network's BatchNorm
    gets the statistics of a few batches. The views of a bank depend on the seed, the
    phase and the image. A run that is resumed within a phase encodes the same bank
    again: the frozen side is as it was.

    Lengths, order and type of the bank in the paper are not known.

    Args:
        length (int): Epochs or iterations of a phase. Defaults to 1.
        by_epoch (bool): Whether ``length`` is in epochs. Defaults to True.
        first (str): The side that learns first, ``'query'`` or ``'key'``. Defaults to
            ``'query'``.
        dtype (str): Type of the bank, ``'float16'`` or ``'float32'``. Defaults to
            ``'float16'``.
        folder (str, optional): Folder on the disk of each machine; its processes map
            the bank from one file there. Defaults to None, a bank in the memory of each
            process's device.
        copies (str, optional): Text file with the paths of images that show the same on
            each line; see :func:`~setsim_mm.datasets.image_groups.read_image_groups`.
            They are no negatives of each other. Defaults to None.
        batch_size (int): Images that each process encodes together. Defaults to 64.
        num_workers (int): Data loader workers that load the images of the bank, on each
            rank. Defaults to 2.

    Raises:
        ValueError: If an argument is out of range.
        UserError: Before the first step, if the bank does not fit, or a resumed run has
            phases of another length.
    """

    priority = 'ABOVE_NORMAL'  # before probes, which measure both models

    def __init__(
        self,
        length: int = 1,
        by_epoch: bool = True,
        first: str = 'query',
        dtype: str = 'float16',
        folder: str | None = None,
        copies: str | None = None,
        batch_size: int = 64,
        num_workers: int = 2,
    ) -> None:
        require_at_least(1, length=length, batch_size=batch_size)
        require_at_least(0, num_workers=num_workers)
        for name, value, known in (('first', first, SIDES), ('dtype', dtype, DTYPES)):
            if value not in known:
                raise ValueError(
                    f'{name} must be one of {", ".join(known)}, not {value!r}'
                )
        self.length = length
        self.by_epoch = by_epoch
        self.first = first
        self.dtype = dtype
        self.folder = folder
        self.copies = copies
        self.loading = dict(batch_size=batch_size, num_workers=num_workers)
        self._bank: KeyBank | None = None
        self._phase: int | None = None

    def before_run(self, runner: Runner) -> None:
        """Check the algorithm and the room for the bank before anything is loaded."""
        model = get_model(runner.model)
        if not isinstance(model, QKIteration):
            raise UserError(
                f'QKPhaseHook runs the phases of QKIteration, but the model is '
                f'{type(model).__name__}: remove the hook, or set model.type.'
            )
        if is_model_wrapper(runner.model) and not getattr(
            runner.model, 'find_unused_parameters', True
        ):
            raise UserError(
                'one side of QKIteration has no gradient in a phase: set '
                'find_unused_parameters=True in the config.'
            )
        require_room_for_bank(
            len(runner.train_dataloader.dataset),
            model.feat_dim,
            DTYPES[self.dtype].itemsize,
            model.phase.device,
            self.folder,
        )

    def before_train(self, runner: Runner) -> None:
        """Begin the first phase, or continue the phase of a checkpoint."""
        model = get_model(runner.model)
        if model.phase < 0:
            model.copy_query_model()
        elif runner.iter > 0 and model.phase != self.phase_of(runner, runner.iter - 1):
            raise UserError(
                f'the run was in phase {model.phase.item()} of QK Iteration after '
                f'{runner.iter} steps, but with this length of a phase it is in '
                f'{self.phase_of(runner, runner.iter - 1)}: resume with the length of '
                'its config.'
            )
        if runner.iter < runner.max_iters:
            self._begin(runner)

    def before_train_iter(
        self, runner: Runner, batch_idx: int, data_batch: dict | None = None
    ) -> None:
        """Begin the next phase when it is due."""
        if self.phase_of(runner, runner.iter) != self._phase:
            self._begin(runner)

    def phase_of(self, runner: Runner, step: int) -> int:
        """Return the number of the phase that a step belongs to."""
        steps = len(runner.train_dataloader) if self.by_epoch else 1
        return step // (self.length * steps)

    def _begin(self, runner: Runner) -> None:
        """Encode the bank and let the other side learn."""
        model, began = get_model(runner.model), time.perf_counter()
        self._phase = self.phase_of(runner, runner.iter)
        learning = SIDES.index(self.first) ^ self._phase % 2
        frozen = SIDES[1 - learning]
        bank = self._bank = self._bank or self._new_bank(runner)
        encoder = model.encoder(frozen)
        loader = runner.train_dataloader
        images = BankImages(
            without_seeds(loader.dataset),
            1 - learning,
            (seed_of_rank_0(runner), self._phase),
            loader.collate_fn,
            **self.loading,
        )
        with (
            fixed_random_state(0),
            evaluation_mode(encoder),
            buffers_of_main_process(encoder),
        ):
            encoding = (
                lambda views: model.describe(views, frozen),
                model.data_preprocessor,
                images,
            )
            if self._phase == 0:
                set_initial_statistics(encoder, *encoding)
                encoder.eval()
            fill_bank(
                bank,
                *encoding,
                writes=self.folder is None or _local_rank() == 0,
            )
        barrier()
        model.begin_phase(self._phase, SIDES[learning], bank)
        runner.logger.info(
            f'Phase {self._phase}: the {SIDES[learning]} model learns, against '
            f'{bank.length} keys of the {frozen} model, encoded in '
            f'{time.perf_counter() - began:.0f} s.'
        )

    def _new_bank(self, runner: Runner) -> KeyBank:
        model = get_model(runner.model)
        dataset = without_seeds(runner.train_dataloader.dataset)
        file = None
        if self.folder is not None:
            # Machines may share the folder; processes of a machine share the file.
            file = Path(self.folder, f'bank_{socket.gethostname()}.{self.dtype}')
        return KeyBank(
            len(dataset),
            model.feat_dim,
            self.dtype,
            model.phase.device,
            file,
            read_image_groups(self.copies, dataset) if self.copies else (),
        )


def _local_rank() -> int:
    return int(os.environ.get('LOCAL_RANK', 0)) if get_world_size() > 1 else 0

"""Choose how to pre-train by the number of images and by the machine."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from setsim_mm.engine.queue_length import suitable_queue_len
from setsim_mm.utils.errors import UserError

from .architectures import find_architecture
from .machine import Machine

MIN_IMAGES = 16
MIN_BATCH = 8
CPU_BATCH = 64
MAX_BATCH = 256  # the paper's
RESERVED_GIGABYTES = 3  # weights, optimizer, queues and CUDA itself
SHORT = 10_000  # steps below which the paper's momentum and learning rate are too slow
SMALL_VIEW, VIEW = 112, 224  # pixels


@dataclass(frozen=True)
class Plan:
    """The settings of a pre-training.

    Args:
        arch (str): A name of :data:`~.architectures.ARCHITECTURES`.
        images (int): Number of images in the folder.
        view_size (int): Side of the views in pixels.
        batch_size (int): Images of a step.
        num_workers (int): Processes that load images.
        precision (str): ``'float32'``, ``'float16'`` or ``'bfloat16'``.
        epochs (int): Number of epochs.
        warmup_epochs (int): Those in which the learning rate rises.
        queue_len (int): Keys in a queue.
        momentum (float): Momentum of the key encoder.
        lr (float): Learning rate.
        reasons (dict[str, str]): Reason of a setting by its name.
    """

    arch: str
    images: int
    view_size: int
    batch_size: int
    num_workers: int
    precision: str
    epochs: int
    warmup_epochs: int
    queue_len: int
    momentum: float
    lr: float
    reasons: dict[str, str] = field(default_factory=dict)

    @property
    def steps_per_epoch(self) -> int:
        """Return the number of whole batches in the folder."""
        return self.images // self.batch_size

    def lines(self) -> Iterator[str]:
        """Yield a line with its reason for each setting."""
        for name, reason in self.reasons.items():
            value = getattr(self, name)
            if isinstance(value, float) and value < 0.9:
                value = f'{value:.2g}'
            yield setting_line(name, value, reason)


def setting_line(name: str, value: object, reason: str) -> str:
    """Return the line of a setting with its reason."""
    return f'  {name.replace("_", " "):<12} {value!s:<10} {reason}'


def make_plan(
    images: int,
    machine: Machine,
    arch: str | None = None,
    epochs: int | None = None,
    batch_size: int | None = None,
    from_weights: bool = False,
) -> Plan:
    """Choose the settings of a pre-training.

    Args:
        images (int): Number of images.
        machine (Machine): The machine.
        arch (str, optional): The network. Defaults to None: it is chosen.
        epochs (int, optional): Number of epochs. Defaults to None: it is chosen.
        batch_size (int, optional): Images of a step. Defaults to None: it is chosen.
        from_weights (bool): Whether the backbone starts from trained weights. Defaults
            to False.

    Raises:
        UserError: If there are too few images, or an argument is unsuitable.

    Examples:
        >>> plan = make_plan(1000, Machine(cores=2))
        >>> plan.arch, plan.batch_size, plan.epochs, plan.queue_len
        ('resnet18', 64, 30, 256)
    """
    if images < MIN_IMAGES:
        raise UserError(
            f'{images} images are too few: SetSim compares each image with others and '
            f'needs at least {MIN_IMAGES}, and thousands to learn much.'
        )
    on_gpu = machine.gpu is not None
    why: dict[str, str] = {}
    why['arch'] = 'as given'
    if arch is None:
        arch = 'resnet50' if on_gpu else 'resnet18'
        why['arch'] = "the paper's" if on_gpu else 'without a GPU, the smallest network'
    network = find_architecture(arch)
    small = network.is_resnet and not on_gpu
    why['view_size'] = 'pixels; small without a GPU' if small else 'pixels'
    why['batch_size'] = 'as given'
    if batch_size is None:
        batch_size, why['batch_size'] = _choose_batch(
            images, machine, network.megabytes
        )
    elif not 2 <= batch_size <= images:
        raise UserError(
            f'a batch of {batch_size} images is impossible with {images} images: set '
            f'--batch-size to a number from 2 to {images}.'
        )
    why['epochs'] = 'as given'
    if epochs is None:
        epochs, why['epochs'] = _choose_epochs(images, on_gpu, from_weights)
    elif epochs < 1:
        raise UserError(f'{epochs} epochs are too few: set --epochs to 1 or more.')
    why['queue_len'] = f'keys; at most half of the {images} images'
    short = epochs * (images // batch_size) < SHORT
    length = 'short' if short else 'long'
    why['momentum'] = f'of the key encoder; the training is {length}'
    why['lr'] = f'for {batch_size} images a step in a {length} training'
    if from_weights:
        why['lr'] += ', a third of it because the weights are trained'
    if on_gpu:
        workers = max(1, min(machine.cores - 1, 16))
        why['num_workers'] = 'to load images; one core is left for the training'
    else:
        workers = min(2, machine.cores // 2)
        why['num_workers'] = 'to load images; the network needs the cores'
    why['precision'] = 'what the GPU is fast with' if on_gpu else 'without a GPU'
    return Plan(
        arch=arch,
        images=images,
        view_size=SMALL_VIEW if small else VIEW,
        batch_size=batch_size,
        num_workers=workers,
        precision=machine.precision,
        epochs=epochs,
        warmup_epochs=_warmup(epochs, network.is_resnet, from_weights),
        queue_len=suitable_queue_len(images, batch_size),
        momentum=0.99 if short else 0.999,
        lr=_learning_rate(batch_size, short, network.is_resnet, from_weights),
        reasons=why,
    )


def _choose_batch(images: int, machine: Machine, megabytes: int) -> tuple[int, str]:
    if machine.gpu is None:
        fits, reason = CPU_BATCH, 'images a step; enough without a GPU'
    else:
        free = (machine.gigabytes - RESERVED_GIGABYTES) * 1000
        fits = max(MIN_BATCH, int(free / megabytes))
        reason = 'images a step; it suits the memory of the GPU'
        if fits >= MAX_BATCH:
            fits, reason = MAX_BATCH, "images a step; the paper's"
    few = max(images // 4, MIN_BATCH)
    if few < fits:
        fits, reason = few, f'images a step; several steps an epoch of {images} images'
    return _power_of_two(fits), reason


def _choose_epochs(images: int, on_gpu: bool, from_weights: bool) -> tuple[int, str]:
    if not on_gpu:
        return _between(10, 30_000 // images, 100), (
            'without a GPU, 30,000 images in all, in 10 to 100 epochs'
        )
    epochs = _between(200, 200 * 100_000 // images, 800)
    reason = "the paper's" if epochs == 200 else 'more than 200 for a small folder'
    if from_weights:
        return epochs // 10, 'a tenth, because the weights are trained'
    return epochs, reason


def _warmup(epochs: int, is_resnet: bool, from_weights: bool) -> int:
    """Return MoCo-v3's share for transformers, and one epoch for trained ResNets."""
    if not is_resnet:
        return epochs // 5
    return int(from_weights and epochs > 1)


def _learning_rate(
    batch_size: int, short: bool, is_resnet: bool, from_weights: bool
) -> float:
    """Return MoCo-v2's or MoCo-v3's rate, or that of the small configs."""
    if is_resnet:
        rate = min(0.06, 0.06 * batch_size / 64) if short else 0.03 * batch_size / 256
    else:
        rate = 1.5e-4 if short else 1.5e-4 * batch_size / 256
    return rate / 3 if from_weights else rate


def _power_of_two(number: int) -> int:
    """Return the largest power of two that is not larger than a number."""
    return 1 << (number.bit_length() - 1)


def _between(least: int, number: int, most: int) -> int:
    return max(least, min(number, most))

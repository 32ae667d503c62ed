"""The length of a queue of negatives for a number of images."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mmengine.config import Config

PAPER = 65536  # keys, for the 1.28 million images of ImageNet


def suitable_queue_len(images: int, batch: int) -> int:
    """Return a length of a queue of which an image fills at most one key.

    It is a multiple of the batch, as MoCo requires, and at most half of the images, so
    that a key is the image of a query in no more than half of the steps.

    Args:
        images (int): Number of training images.
        batch (int): Number of images of a step, on all processes.

    Returns:
        int: The batch times a power of two; the paper's 65,536 keys at most, and the
        batch at least.

    Examples:
        >>> suitable_queue_len(164, batch=32)
        64
        >>> suitable_queue_len(1_281_167, batch=256)
        65536
    """
    length = batch
    while 2 * length <= min(images // 2, PAPER):
        length *= 2
    return length


def longer_queue(length: int, images: int, batch: int) -> str | None:
    """Return a sentence if a queue has more keys than there are images.

    Args:
        length (int): Number of keys of the queue.
        images (int): Number of training images.
        batch (int): Number of images of a step, on all processes.

    Returns:
        str | None: What is wrong and what to set; None if the queue is short enough.
    """
    suitable = suitable_queue_len(images, batch)
    if length <= images or length <= suitable:
        return None
    return (
        f'The queue holds {length} keys, but there are {images} images: it has several '
        'old keys of each image, also of the one that is trained. Set '
        f'model.queue_len={suitable}.'
    )


def fit_queue_to_images(cfg: 'Config', images: int, processes: int = 1) -> int | None:
    """Shorten the queue of a pre-training that has more keys than images.

    Args:
        cfg (Config): A pre-training config; its ``model.queue_len`` is changed if it is
            larger than the number of images.
        images (int): Number of training images.
        processes (int): Number of training processes. Defaults to 1.

    Returns:
        int | None: The new length; None if nothing was changed.
    """
    length = cfg.model.get('queue_len')
    batch = cfg.train_dataloader.batch_size * processes
    if length is None or longer_queue(length, images, batch) is None:
        return None
    cfg.model.queue_len = suitable_queue_len(images, batch)
    return cfg.model.queue_len

"""The length of a queue of negatives for a number of images."""

from typing import Any

from mmengine.logging import print_log

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


def fit_queue(model: dict[str, Any], images: int, batch: int) -> dict[str, Any]:
    """Return the config of a model whose queue has no more keys than there are images.

    Args:
        model (dict[str, Any]): The ``model`` of a config.
        images (int): Number of training images.
        batch (int): Number of images of a step, on all processes.
    """
    length = model.get('queue_len', 0)
    if longer_queue(length, images, batch) is None:
        return model
    suitable = suitable_queue_len(images, batch)
    print_log(
        f'The queue holds {suitable} keys instead of {length}, because there are '
        f'{images} images (fit_queue_to_images=False keeps the length).',
        logger='current',
    )
    return {**model, 'queue_len': suitable}

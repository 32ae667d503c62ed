"""The parts of a training step, by the names that a trace shows them under."""

from collections.abc import Iterator
from operator import attrgetter

from torch.profiler import record_function

# Name in the trace: the methods that it stands for, by their paths from the model. The
# second paths of a row are those of mmselfsup's MoCo and DenseCL.
STEP_PARTS = {
    'preprocessing': ('data_preprocessor.forward',),
    'backbone, queries': ('backbone.forward',),
    'neck, queries': ('neck.forward',),
    'momentum update': ('momentum_encoder.update', 'encoder_k.update_parameters'),
    # Without what is named inside of it, this is the exchange between the ranks.
    'shuffling BN': ('encode_key',),
    'backbone, keys': (
        'momentum_encoder.backbone.forward',
        'encoder_k.module.0.forward',
    ),
    'neck, keys': ('momentum_encoder.neck.forward', 'encoder_k.module.1.forward'),
    'matcher': ('match',),
    'losses': ('head.forward',),
    'queues': (
        'image_queue.enqueue',
        'set_queue.enqueue',
        '_dequeue_and_enqueue',
    ),
}
OPTIMIZER_PARTS = {'backward': ('backward',), 'optimizer': ('step',)}


def name_parts(owner: object, parts: dict[str, tuple[str, ...]]) -> None:
    """Let calls of an object's methods show up in traces as named ranges.

    The methods are wrapped in this object alone, so that nobody else pays for it and
    the algorithms need not know.

    Args:
        owner (object): A model, or an optimizer wrapper.
        parts (dict[str, tuple[str, ...]]): For each name the methods, as dotted paths
            from the owner. What it lacks is left out: algorithms differ.

    Examples:
        >>> from torch import nn
        >>> model = nn.Sequential(nn.Linear(2, 2))
        >>> name_parts(model, {'the first layer': ('0.forward',)})
    """
    for name, holder, method in parts_of(owner, parts):
        setattr(holder, method, record_function(name)(getattr(holder, method)))


def parts_of(
    owner: object, parts: dict[str, tuple[str, ...]]
) -> Iterator[tuple[str, object, str]]:
    """Find the methods that parts stand for.

    Args:
        owner (object): A model, or an optimizer wrapper.
        parts (dict[str, tuple[str, ...]]): As :func:`name_parts` takes them.

    Yields:
        tuple[str, object, str]: The part, the object that has a method of it, and the
        method's name.
    """
    for name, paths in parts.items():
        for path in paths:
            *holders, method = path.split('.')
            try:
                holder = attrgetter('.'.join(holders))(owner) if holders else owner
                getattr(holder, method)
            except AttributeError:
                continue
            yield name, holder, method

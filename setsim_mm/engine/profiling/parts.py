"""Labels of the parts of a training step in a trace."""

from collections.abc import Iterator
from operator import attrgetter

from torch.profiler import record_function

# Label in the trace: methods, as paths from the model. The second path of a row is that
# of mmselfsup's MoCo and DenseCL.
STEP_PARTS = {
    'preprocessing': ('data_preprocessor.forward',),
    'backbone, queries': ('backbone.forward',),
    'neck, queries': ('neck.forward',),
    'momentum update': ('momentum_encoder.update', 'encoder_k.update_parameters'),
    # Without the labels inside it, this is the exchange between ranks.
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
    """Label the calls of an object's methods in traces.

    Only the methods of this object are wrapped, not those of its class.

    Args:
        owner (object): A model, or an optimizer wrapper.
        parts (dict[str, tuple[str, ...]]): Methods of each label, as dotted paths from
            the owner. Missing methods are ignored: algorithms differ.

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
    """Yield label, object and method name of the methods that exist."""
    for name, paths in parts.items():
        for path in paths:
            *holders, method = path.split('.')
            try:
                holder = attrgetter('.'.join(holders))(owner) if holders else owner
                getattr(holder, method)
            except AttributeError:
                continue
            yield name, holder, method

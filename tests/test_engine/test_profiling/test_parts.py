import torch
from torch import nn

from setsim_mm.engine.profiling import make_profiler, name_parts


class Algorithm(nn.Module):
    def __init__(self):
        super().__init__()
        self.backbone = nn.Linear(2, 3)

    def match(self, one, *, other):
        return one + other


def names_in_trace(call):
    with make_profiler() as profiler:
        result = call()
    return result, [event.name for event in profiler.events()]


def test_labelled_calls_return_the_same():
    model, images = Algorithm(), torch.rand(4, 2)
    expected = model.backbone(images)

    name_parts(model, {'encoder': ('backbone.forward',), 'sets': ('match',)})
    result, names = names_in_trace(lambda: model.backbone(images))
    matched, others = names_in_trace(lambda: model.match(1, other=2))

    assert torch.equal(result, expected) and matched == 3
    assert names.count('encoder') == 1 and 'sets' not in names
    assert others.count('sets') == 1


def test_other_objects_of_the_class_are_not_changed():
    model, other = Algorithm(), Algorithm()
    name_parts(model, {'encoder': ('backbone.forward',), 'sets': ('match',)})

    assert 'forward' not in vars(other.backbone) and 'match' not in vars(other)


def test_missing_methods_are_ignored():
    model = Algorithm()

    name_parts(model, {'a': ('no.forward', 'backbone.no', 'backbone.forward')})

    _, names = names_in_trace(lambda: model.backbone(torch.rand(1, 2)))
    assert names.count('a') == 1

import pytest

from setsim_mm.apis.machine import Machine, this_machine
from setsim_mm.apis.plan import MIN_IMAGES, make_plan
from setsim_mm.utils import UserError

CPU = Machine(cores=8)
GPU = Machine(cores=32, gpu='a GPU', gigabytes=80, precision='bfloat16', gpus=1)


def test_the_papers_setting_on_a_large_gpu_and_data_set():
    plan = make_plan(1_281_167, GPU)
    assert (plan.arch, plan.view_size, plan.epochs) == ('resnet50', 224, 200)
    # 256 images of the paper would take 77 GB by our estimate.
    assert (plan.batch_size, plan.lr) == (256, 0.03)
    assert (plan.queue_len, plan.momentum) == (65536, 0.999)
    assert (plan.warmup_epochs, plan.precision) == (0, 'bfloat16')


@pytest.mark.parametrize('images', [16, 17, 40, 164, 1000, 5000, 70_000])
@pytest.mark.parametrize('machine', [CPU, GPU, Machine(1), Machine(4, 'small', 6.0)])
def test_batch_and_queue_suit_the_data(images, machine):
    plan = make_plan(images, machine)
    assert 8 <= plan.batch_size <= plan.queue_len <= images
    assert plan.queue_len % plan.batch_size == 0
    assert plan.queue_len == plan.batch_size or 2 * plan.queue_len <= images
    assert plan.steps_per_epoch >= 2
    # Groups of BatchNorm divide the batch.
    assert plan.batch_size <= 32 or plan.batch_size % 32 == 0


def test_batch_grows_with_the_memory_of_the_gpu():
    sizes = [
        make_plan(100_000, Machine(8, 'GPU', memory)).batch_size
        for memory in (4, 8, 12, 24, 48, 80)
    ]
    assert sizes == sorted(sizes) and sizes[0] < sizes[-1] <= 256


def test_small_folders_have_more_epochs_and_trained_weights_fewer():
    epochs = [make_plan(n, GPU).epochs for n in (100, 30_000, 1_000_000)]
    assert epochs == sorted(epochs, reverse=True) and epochs[0] > epochs[-1]
    fresh, trained = (make_plan(5000, GPU, from_weights=f) for f in (False, True))
    assert trained.epochs * 10 == fresh.epochs
    assert trained.lr < fresh.lr and trained.warmup_epochs == 1


def test_what_is_given_is_kept():
    plan = make_plan(1000, CPU, 'swin-tiny', 10, 12)
    assert (plan.arch, plan.epochs, plan.batch_size) == ('swin-tiny', 10, 12)
    assert plan.view_size == 224 and plan.warmup_epochs == 2
    # MoCo requires a multiple of the batch.
    assert plan.queue_len % 12 == 0


def test_each_reason_explains_a_setting():
    plan = make_plan(1000, GPU)
    lines = list(plan.lines())
    assert len(lines) == len(plan.reasons)
    for name, line in zip(plan.reasons, lines, strict=True):
        assert name.replace('_', ' ') in line and plan.reasons[name] in line


@pytest.mark.parametrize(
    ('arguments', 'fact'),
    [
        ((MIN_IMAGES - 1, CPU), 'too few'),
        ((1000, CPU, 'resnet5'), "did you mean 'resnet50'"),
        ((1000, CPU, None, 0), '--epochs'),
        ((20, CPU, None, 1, 21), '--batch-size'),
        ((20, CPU, None, 1, 1), '--batch-size'),
    ],
)
def test_unsuitable_requests(arguments, fact):
    with pytest.raises(UserError, match=fact):
        make_plan(*arguments)


def test_this_machine_has_cores():
    machine = this_machine()
    assert machine.cores >= 1 and f'{machine.cores} core' in str(machine)
    assert (machine.gpu is None) == (machine.gpus == 0)

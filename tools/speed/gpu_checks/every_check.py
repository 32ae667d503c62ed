"""All checks in the order in which they run: what is exact first, speed last."""

from . import exact, matching, processes, speeds, steps, syncs
from .check import Check

CHECKS: tuple[Check, ...] = (
    exact.set_loss_in_float32,
    exact.set_loss_in_half_precision,
    exact.set_loss_with_tf32,
    exact.bank_in_float32,
    exact.bank_in_bfloat16,
    exact.cosine_loss,
    matching.matchers,
    matching.random_matcher,
    matching.queue,
    steps.step_in_float64,
    steps.the_same_seed_twice,
    steps.mixed_precision,
    steps.channels_last,
    syncs.waits_in_a_step,
    processes.one_process,
    processes.every_gpu,
    steps.compiled,
    speeds.forms_of_the_loss,
    speeds.step,
    speeds.step_in_mixed_precision,
    speeds.parts,
    speeds.loss,
    speeds.scale,
)

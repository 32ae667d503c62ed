"""Hooks, runner, profiling and start of a training."""

"""Hooks, runner, labels of profiles and start of a training."""

"""Measuring how fast training is: what tools/benchmarks/speed.py does."""

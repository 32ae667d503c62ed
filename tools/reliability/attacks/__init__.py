"""Attacks on a tiny training, and their helpers."""

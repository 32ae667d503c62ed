"""Attacks on a tiny training, and what they share."""

"""The command ``setsim``."""

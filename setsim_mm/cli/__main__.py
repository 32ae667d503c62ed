"""``python -m setsim_mm.cli`` is the command ``setsim``."""

from .main import main

main()

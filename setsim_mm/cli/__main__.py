"""``python -m setsim_mm.cli`` is the command ``setsim``."""

from .main import main

if __name__ == '__main__':
    main()

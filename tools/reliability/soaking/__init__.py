"""A long tiny training, what it takes of the machine, and whether that grows."""

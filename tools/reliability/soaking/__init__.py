"""A long tiny training, measurements of its resources, and a check for growth."""

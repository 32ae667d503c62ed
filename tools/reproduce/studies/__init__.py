"""The paper's experiments: families of runs over seeds, and their tables."""

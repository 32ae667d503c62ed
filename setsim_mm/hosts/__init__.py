"""The hosts of this plugin: the libraries that its algorithms are registered with.

Each host has one module here, which offers the same names. :mod:`setsim_mm.host` takes
them from the host that is in use.
"""

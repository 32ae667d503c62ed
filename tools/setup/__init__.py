"""The set-up of `make demo` and `make test`.

It runs before packages are installed, so it uses the standard library only.
"""

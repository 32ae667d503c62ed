"""The set-up behind `make demo` and `make test`.

It runs before anything is installed, so it uses the standard library only.
"""

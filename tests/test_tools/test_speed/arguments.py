"""Parsed options of a measurement."""

from argparse import ArgumentParser, Namespace
from types import ModuleType

from measurements.options import add_defaults_of_machine, add_options


def arguments_of(measurement: ModuleType, *options: object) -> Namespace:
    parser = ArgumentParser()
    add_options(parser, measurement.__name__.split('.')[-1])
    args = parser.parse_args([*map(str, options)])
    add_defaults_of_machine(args)
    return args


def parsed(measurement: ModuleType, *options: object) -> Namespace:
    return arguments_of(measurement, *options, '--device', 'cpu')

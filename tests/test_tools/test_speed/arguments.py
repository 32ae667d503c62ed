"""Parsed options of a measurement."""

from argparse import ArgumentParser


def parsed(measurement, *options):
    parser = ArgumentParser()
    measurement.add_arguments(parser)
    return parser.parse_args([*options, '--device', 'cpu'])

"""The options of a measurement, as its command parses them."""

from argparse import ArgumentParser


def parsed(measurement, *options):
    parser = ArgumentParser()
    measurement.add_arguments(parser)
    return parser.parse_args([*options, '--device', 'cpu'])

"""Convert a checkpoint of the authors' program to this project, or back."""

import argparse

from setsim_mm.utils import add_traceback_option, sentences_for_errors


def main() -> None:
    """Parse the command line, convert the checkpoint and print the output file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('checkpoint', help="checkpoint of the authors' program")
    parser.add_argument('output', help='output file, such as setsim.pth')
    parser.add_argument(
        '--reverse',
        action='store_true',
        help="convert a checkpoint of this project for the authors' program",
    )
    add_traceback_option(parser)
    args = parser.parse_args()
    with sentences_for_errors(args.traceback):
        from authors_names import convert_from_authors, convert_to_authors

        convert = convert_to_authors if args.reverse else convert_from_authors
        output = convert(args.checkpoint, args.output)
        print(f'Converted checkpoint: {output}')


if __name__ == '__main__':
    main()

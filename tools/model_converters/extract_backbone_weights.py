"""Extract the backbone's weights from a pre-training checkpoint, tensors only."""

import argparse

from setsim_mm.utils import add_traceback_option, sentences_for_errors


def main() -> None:
    """Parse the command line, extract the weights and print the output file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        'checkpoint', help='pre-training checkpoint, such as epoch_200.pth'
    )
    parser.add_argument('output', help='output file, such as backbone.pth')
    add_traceback_option(parser)
    args = parser.parse_args()
    with sentences_for_errors(args.traceback):
        from setsim_mm.utils import save_backbone

        output = save_backbone(args.checkpoint, args.output)
        print(f'Weights of the backbone: {output}')


if __name__ == '__main__':
    main()

"""Print a summary of a checkpoint without executing anything in it.

The checkpoint may come from this project, from mmengine or from another program that
saves with PyTorch.
"""

import argparse
import json
import sys

from setsim_mm.utils import UserError, add_traceback_option, sentences_for_errors


def parse_args() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument('checkpoint', metavar='FILE', help='the checkpoint')
    output = parser.add_mutually_exclusive_group()
    output.add_argument('--json', action='store_true', help='print it as JSON')
    output.add_argument(
        '--config', action='store_true', help='print only the config in it'
    )
    add_traceback_option(parser)
    return parser.parse_args()


def main() -> None:
    """Print the summary; exit with an error if the file is damaged."""
    args = parse_args()
    with sentences_for_errors(args.traceback):
        from checkpoint_summary import summarize_checkpoint
        from checkpoint_text import as_text

        from setsim_mm.utils.printable import printable

        summary = summarize_checkpoint(args.checkpoint)
        if args.json:
            print(json.dumps(summary, indent=1))
        elif not args.config:
            print(as_text(summary))
        elif summary['config'] is None:
            raise UserError(f'{args.checkpoint!r} holds no config.')
        else:
            print(printable(summary['config'], keep='\n\t'))
        sys.stdout.flush()
        if summary['damage'] is not None:
            raise UserError(
                f'{args.checkpoint!r} is damaged ({summary["damage"]}): use another '
                'checkpoint.'
            )


if __name__ == '__main__':
    main()

"""Write the backbone of a pre-training checkpoint for another library."""

import argparse

from setsim_mm.utils import add_traceback_option, sentences_for_errors

FORMATS = ('mm', 'torchvision', 'timm', 'detectron2', 'mmdet', 'mmseg')


def main() -> None:
    """Parse the command line, write the backbone and print the output file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        'checkpoint', help='pre-training checkpoint, such as epoch_200.pth'
    )
    parser.add_argument(
        'output',
        help='output file: .pth or .safetensors; for detectron2 .pkl or .pth',
    )
    parser.add_argument(
        '--format',
        default='mm',
        choices=FORMATS,
        help='library whose names the weights get; mm, the default, is MMPretrain, '
        'whose ResNet MMDetection and MMSegmentation share',
    )
    add_traceback_option(parser)
    args = parser.parse_args()
    with sentences_for_errors(args.traceback):
        from setsim_mm.transfer.export import export_backbone

        output = export_backbone(args.checkpoint, args.output, args.format)
        print(f'Weights of the backbone: {output}')


if __name__ == '__main__':
    main()

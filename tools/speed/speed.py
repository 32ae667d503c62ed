"""Measure speed and memory in comparison with alternatives (docs/performance.md).

    python tools/speed/speed.py loss --out work_dirs/speed/loss

prints a table as Markdown and, with --out, writes it as Markdown and CSV.
"""

import argparse
import ast
from importlib import import_module
from pathlib import Path

from measurements.options import MEASUREMENTS, add_defaults_of_machine, add_options
from setsim_mm.utils import sentences_for_errors

# Modules of measurements. Their docstrings are the commands' titles and legends.
FOLDER = Path(__file__).resolve().with_name('measurements')


def parse_args() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest='command', required=True)
    for name in MEASUREMENTS:
        title, _, legend = docstring_of(name).partition('\n')
        command = commands.add_parser(name, help=title, description=title)
        add_options(command, name)
        command.set_defaults(title=title, legend=legend)
    return parser.parse_args()


def docstring_of(measurement: str) -> str:
    """Return the docstring of a module of measurements, which is not imported."""
    source = (FOLDER / f'{measurement}.py').read_text()
    return ast.get_docstring(ast.parse(source))


def main() -> None:
    """Measure, print the table and write it."""
    args = parse_args()
    with sentences_for_errors(args.traceback):
        from mmengine.runner import set_random_seed

        from measurements import as_text, describe_machine
        from setsim_mm.runs import markdown_of, write_tables

        add_defaults_of_machine(args)
        set_random_seed(0)
        module = import_module(f'measurements.{args.command}')
        table = module.measure(args)
        machine = describe_machine(getattr(args, 'device', 'cpu'))
        clock = getattr(args, 'clock', 'wall')
        legend = f'{args.legend.strip()}\n\nMachine: {machine}; {clock} clock.'
        markdown = markdown_of(args.title.rstrip('.'), as_text(table), legend)
        print(markdown)
        if args.out is None:
            return
        files = write_tables(args.out, markdown, table.set_index(table.columns[0]))
        if hasattr(module, 'draw'):
            files += (args.out.with_name(f'{args.out.name}.png'),)
            module.draw(table).savefig(files[-1])
        print(f'Table: {", ".join(map(str, files))}')


if __name__ == '__main__':
    main()

"""One command line over the study: `python -m lib.cli COMMAND`; `--help` lists the commands.

Each command is a function `add_<command>` that declares its arguments and names the function that does the work. What
is heavy to import is imported inside that function, so that `--help` answers at once.
"""

import argparse
import sys

COMMANDS = ()


def main(arguments: list[str] | None = None) -> int:
    """Run one command; return the exit code: 0 well, 2 a bad request."""
    parser = argparse.ArgumentParser(prog="python -m lib.cli", description="Tools of the facial emotion study.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for add in COMMANDS:
        add(commands)
    options = parser.parse_args(arguments)
    try:
        options.run(options)
    except (ValueError, OSError) as error:
        print(f"{options.command}: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())

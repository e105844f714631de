"""The program `cosetta`, also as `python -m cosetta`: Ctrl-C while it is still being loaded is one line too."""

import sys

__all__ = ["main"]


def main() -> None:
    """Load the command line and run it."""
    try:
        from cosetta.cli import main as run
    except KeyboardInterrupt:
        print("cosetta: interrupted; nothing was begun", file=sys.stderr)
        sys.exit(130)
    run()


if __name__ == "__main__":
    main()

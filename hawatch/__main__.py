"""`python -m hawatch`: the command line without an installed script."""

import sys

from hawatch.cli import main

if __name__ == "__main__":
    sys.exit(main())

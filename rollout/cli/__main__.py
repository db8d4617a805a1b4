"""`python -m rollout.cli`."""

import sys

from rollout.cli.commands import main

if __name__ == "__main__":
    sys.exit(main())

"""`python -m rollout.cli`."""

import sys

from rollout.cli.commands import main

sys.exit(main())

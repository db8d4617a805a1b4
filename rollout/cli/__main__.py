"""`python -m rollout.cli`."""

import sys

from rollout.cli.main import main

sys.exit(main())

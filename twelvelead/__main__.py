"""`python -m twelvelead`: the same as the command `twelvelead`."""

import sys

from twelvelead.cli.main import main

sys.exit(main())

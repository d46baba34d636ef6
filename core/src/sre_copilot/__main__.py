"""``python -m sre_copilot`` is ``sre-copilot``."""

from sre_copilot.cli.main import main

main()

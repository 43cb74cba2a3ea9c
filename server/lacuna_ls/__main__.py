"""`python -m lacuna_ls` and the command `lacuna-ls`."""

import sys

from lacuna_ls.cli import main

if __name__ == "__main__":
    sys.exit(main())

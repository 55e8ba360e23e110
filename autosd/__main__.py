"""``python -m autosd`` is ``autosd``."""

from autosd.entrypoints.cli.main import main

if __name__ == "__main__":
    main()

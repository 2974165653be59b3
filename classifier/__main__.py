"""``python -m classifier`` is the ``framing`` command."""

from classifier.cli import main

if __name__ == "__main__":
    main(prog_name="python -m classifier")

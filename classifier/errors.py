"""What can go wrong, as a tree.

::

    ClassifierError
    ├── InputError          an article or a scored file that cannot be read
    ├── LabelError          a label set that cannot be used
    ├── CodebookError       a codebook that cannot be read, or a cue that cannot be parsed
    ├── ModelError          a model folder that is damaged, foreign or too new
    └── MissingExtraError   an optional dependency that is not installed

Every message says where, what was expected, and what to do.
"""


class ClassifierError(Exception):
    """Base of every error this package raises on purpose."""


class InputError(ClassifierError):
    """An article or a scored file that cannot be read."""


class LabelError(ClassifierError):
    """A label set that cannot be used."""


class CodebookError(ClassifierError):
    """A codebook that cannot be read, or a cue that cannot be parsed."""


class ModelError(ClassifierError):
    """A model folder that is damaged, foreign or written by a newer version."""


class MissingExtraError(ClassifierError):
    """An optional dependency that is not installed."""

"""What a codebook says of its frames, as sentences to learn from beside few labelled ones."""

from __future__ import annotations

from dataclasses import replace

from classifier.codebook import Codebook, Frame
from classifier.labels.label_set import Label, LabelSet


def with_codebook(label_set: LabelSet, codebook: Codebook, copies: int) -> LabelSet:
    """A label set with the codebook's own sentences behind its rows, ``copies`` times each.

    The names of classes are worth many labelled sentences where those are few (Tunstall et al.
    2022 make sentences of them for classes without any).
    """
    own = tuple(label for frame in codebook.frames for label in _sentences(frame))
    return replace(label_set, labels=label_set.labels + own * copies)


def _sentences(frame: Frame) -> list[Label]:
    name = frame.name.replace("_", " ")
    texts = (name, frame.title, f"This is {frame.title or name}.", frame.definition)
    return [
        Label(f"{frame.name}-{number}", text, "", (frame.name,), frame.name, "codebook")
        for number, text in enumerate(texts)
        if text.strip()
    ]

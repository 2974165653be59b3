"""Encoders by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifier.codebook import Codebook
from classifier.encoders.cues import CueEncoder
from classifier.encoders.encoder import Encoder, StackedEncoder
from classifier.encoders.ngrams import NgramEncoder

KINDS = ("ngrams",)


def make_encoder(
    kind: str, codebook: Codebook, options: Mapping[str, Any] | None = None
) -> Encoder:
    """An encoder that has learned nothing yet.

    Args:
        kind: ``"ngrams"``: hashed n-grams beside the codebook's cues.
        codebook: where the cues stand.
        options: per part its options, as :meth:`Encoder.options` gives them.

    Raises:
        ValueError: there is no encoder of that kind.
    """
    options = options or {}
    if kind != "ngrams":
        raise ValueError(f"no encoder {kind!r}; there is: {', '.join(KINDS)}")
    return StackedEncoder(
        {
            "ngrams": NgramEncoder(**options.get("ngrams", {})),
            "cues": make_cues(codebook, options.get("cues", {})),
        }
    )


def make_cues(codebook: Codebook, options: Mapping[str, Any] | None = None) -> CueEncoder:
    """The cues of a codebook as an encoder; by themselves they are a dictionary classifier."""
    return CueEncoder(list(codebook.cues()), codebook.frame_names, **(options or {}))


def cues_of(encoder: Encoder, codebook: Codebook) -> CueEncoder:
    """The cue part of an encoder, or one made from the codebook where it has none."""
    part = encoder.parts.get("cues") if isinstance(encoder, StackedEncoder) else None
    return part if isinstance(part, CueEncoder) else make_cues(codebook)


def restore_arrays(encoder: StackedEncoder, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Give a new encoder back what it had learned."""
    ngrams = encoder.parts["ngrams"]
    assert isinstance(ngrams, NgramEncoder)
    ngrams.idf_ = np.asarray(arrays["ngrams.idf"], dtype=np.float32)

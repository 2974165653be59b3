"""Encoders by name."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from classifier.codebook import Codebook
from classifier.encoders.backbone import Backbone, find_backbone
from classifier.encoders.combined import CombinedEncoder
from classifier.encoders.cues import CueEncoder
from classifier.encoders.encoder import Encoder
from classifier.encoders.finetune import TuneOptions
from classifier.encoders.lexical import LexicalEncoder
from classifier.encoders.ngrams import NgramEncoder
from classifier.encoders.runtime import Runtime
from classifier.encoders.sentence import SentenceEncoder
from classifier.errors import ModelError

KINDS = ("ngrams", "transformer", "hybrid", "finetune")


def make_encoder(
    kind: str,
    codebook: Codebook,
    options: Mapping[str, Any] | None = None,
    runtime: Runtime | None = None,
    folder: Path | None = None,
) -> Encoder:
    """An encoder that has learned nothing yet.

    Args:
        kind: ``"ngrams"``: hashed n-grams beside the codebook's cues; ``"transformer"``: a
            frozen sentence encoder; ``"hybrid"``: both; ``"finetune"``: both, and the sentence
            encoder is trained for the frames.
        codebook: where the cues stand.
        options: per part its options, as :meth:`Encoder.options` gives them; a new backbone
            needs no more than its ``name`` (and ``revision``).
        runtime: how a backbone is run here.
        folder: the saved model's own, None for a new one.

    Raises:
        ValueError: there is no encoder of that kind.
        ModelError: the backbone is not here, or is none that can be used.
    """
    options = options or {}
    if kind not in KINDS:
        raise ValueError(f"no encoder {kind!r}; there is: {', '.join(KINDS)}")
    if kind == "transformer":
        return CombinedEncoder(kind, _make_sentence(options, runtime, folder))
    ngrams = NgramEncoder(**options.get("ngrams", {}))
    lexical = LexicalEncoder(ngrams, make_cues(codebook, options.get("cues", {})))
    if kind == "ngrams":
        return lexical
    sentence = _make_sentence(options, runtime, folder)
    tuning = TuneOptions(**options.get("tuning", {})) if kind == "finetune" else None
    return CombinedEncoder(kind, sentence, lexical, tuning)


def _make_sentence(
    options: Mapping[str, Any], runtime: Runtime | None, folder: Path | None
) -> SentenceEncoder:
    runtime = runtime or Runtime()
    stated = dict(options.get("backbone", {}))
    more = {key: stated.pop(key) for key in ("length", "langs") if key in stated}
    if "files" in stated:
        backbone = Backbone(**stated)
    elif stated.get("name"):
        found = find_backbone(stated["name"], stated.get("revision"), download=runtime.download)
        backbone = found[0]
    else:
        raise ModelError("no backbone is named; expected a folder or a name on the Hub")
    return SentenceEncoder(backbone, folder, runtime=runtime, **more)


def make_cues(codebook: Codebook, options: Mapping[str, Any] | None = None) -> CueEncoder:
    """The cues of a codebook as an encoder; by themselves they are a dictionary classifier."""
    return CueEncoder(codebook, **(options or {}))


def cues_of(encoder: Encoder, codebook: Codebook) -> CueEncoder:
    """The cue part of an encoder, or one made from the codebook where it has none."""
    cues = getattr(encoder, "cues", None)
    return cues if isinstance(cues, CueEncoder) else make_cues(codebook)

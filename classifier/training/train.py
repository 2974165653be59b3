"""From a label set to a model."""

from __future__ import annotations

import platform
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from importlib.metadata import version as library_version
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from classifier.codebook import Codebook
from classifier.encoders.combined import CombinedEncoder
from classifier.encoders.encoder import Encoder
from classifier.encoders.make import cues_of, make_encoder
from classifier.encoders.runtime import Runtime
from classifier.errors import LabelError
from classifier.labels.checks import MIN_POSITIVES
from classifier.labels.label_set import Label, LabelSet
from classifier.model.calibration import (
    OperatingPoint,
    best_threshold,
    fit_calibration,
    operating_points,
    shifted,
)
from classifier.model.cascade import rule_out_limits
from classifier.model.frame_model import FrameModel
from classifier.model.head import Margins, fit_heads
from classifier.training.describe import with_codebook
from classifier.training.evaluate import Evaluation, measure
from classifier.training.folds import grouped_folds, out_of_fold_margins

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

_LIBRARIES = ("numpy", "scipy", "scikit-learn", "sentencex")
_NEURAL_LIBRARIES = ("torch", "transformers", "tokenizers")


@dataclass(frozen=True, slots=True)
class TrainOptions:
    """What can be chosen in training.

    ``folds`` grouped folds give the margins that calibration and the held-out figures come
    from; ``encoder_options`` holds options by part, as the encoder's ``options()`` gives them.
    ``describe`` copies of what the codebook says of every frame are learned from like labelled
    sentences; they are never measured on.
    """

    name: str = "frames"
    version: str = "1"
    encoder: str = "ngrams"
    encoder_options: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    regularisation: float = 2.0
    folds: int = 5
    seed: int = 0
    describe: int = 0

    def __post_init__(self) -> None:
        if self.folds < 2:
            raise ValueError(f"folds is {self.folds}; expected 2 or more")
        if self.describe < 0:
            raise ValueError(f"describe is {self.describe}; expected 0 or more")
        if self.regularisation <= 0:
            raise ValueError(f"regularisation is {self.regularisation}; expected more than 0")


def train(
    label_set: LabelSet,
    codebook: Codebook,
    options: TrainOptions | None = None,
    runtime: Runtime | None = None,
) -> FrameModel:
    """Train a model: grouped folds, out-of-fold margins, calibration, heads on all rows.

    The held-out figures in ``facts`` come from sentences that neither the heads nor the
    calibration they were scored with had seen, nor a sentence encoder that was trained.
    ``runtime`` says how a sentence encoder is run here, where the model has one.

    Raises:
        LabelError: the label set names a frame the codebook does not have, or has too few
            groups or positives to learn from.
    """
    options = options or TrainOptions()
    learned = _learn(label_set, codebook, options, runtime)
    priors, meant = learned.priors, learned.meant_priors
    targets = learned.targets
    return FrameModel(
        name=options.name,
        version=options.version,
        codebook=codebook,
        encoder=learned.encoder,
        heads=fit_heads(learned.features, learned.taught, options.regularisation, options.seed),
        calibration=fit_calibration(learned.margins, targets).at_priors(priors, meant),
        thresholds=learned.thresholds,
        priors=meant,
        operating=learned.operating,
        facts=_facts(label_set, options, learned),
    )


def cross_validate(
    label_set: LabelSet,
    codebook: Codebook,
    options: TrainOptions | None = None,
    runtime: Runtime | None = None,
) -> Evaluation:
    """The held-out figures of :func:`train`, with their confusions, without a model.

    Raises:
        LabelError: as in :func:`train`.
    """
    return _learn(label_set, codebook, options or TrainOptions(), runtime).held_out


def held_out_probabilities(
    label_set: LabelSet, codebook: Codebook, options: TrainOptions | None = None
) -> NDArray[np.float64]:
    """Each row's probabilities from heads and calibration that did not see it."""
    return _learn(label_set, codebook, options or TrainOptions()).probabilities


@dataclass(frozen=True, slots=True)
class _Learned:
    """What grouped folds tell: margins and probabilities of rows that were held out.

    ``features`` and ``taught`` are of all rows to learn from, the codebook's own among them;
    the other arrays are of the label set's.
    """

    encoder: Encoder
    features: csr_matrix
    taught: NDArray[np.bool_]
    targets: NDArray[np.bool_]
    margins: Margins
    probabilities: NDArray[np.float64]
    priors: NDArray[np.float64]
    meant_priors: NDArray[np.float64]
    operating: tuple[tuple[OperatingPoint, ...], ...]
    thresholds: NDArray[np.float64]
    held_out: Evaluation


def _learn(
    label_set: LabelSet,
    codebook: Codebook,
    options: TrainOptions,
    runtime: Runtime | None = None,
) -> _Learned:
    _check(label_set, codebook, options)
    frames = codebook.frame_names
    targets = label_set.targets(frames)
    folds = list(grouped_folds(label_set, options.folds, options.seed))
    rows = with_codebook(label_set, codebook, options.describe)
    own = np.arange(len(label_set), len(rows))
    taught = rows.targets(frames)
    encoder = _fitted(rows, codebook, options, runtime)
    features = encoder.transform(rows.texts, rows.langs)

    def features_without(seen: NDArray[np.int64]) -> csr_matrix:
        if not (isinstance(encoder, CombinedEncoder) and encoder.tuning):
            return features
        other = _fitted(rows.subset(seen), codebook, options, runtime)
        return other.transform(rows.texts, rows.langs)

    margins = out_of_fold_margins(
        features_without,
        taught,
        [(np.concatenate([seen, own]), held_out) for seen, held_out in folds],
        options.regularisation,
        options.seed,
    )[: len(label_set)]
    probabilities = cross_calibrated(margins, targets, folds)
    priors = targets.mean(axis=0)
    meant = priors if codebook.base_rate is None else np.full(len(frames), codebook.base_rate)
    at_meant = shifted(probabilities, priors, meant)
    operating = tuple(operating_points(at_meant[:, i], targets[:, i]) for i in range(len(frames)))
    thresholds = np.array(
        [best_threshold(points, prior) for points, prior in zip(operating, meant, strict=True)]
    )
    evaluation = measure(
        label_set,
        frames,
        probabilities,
        shifted(thresholds, meant, priors),
        cues_of(encoder, codebook).dictionary(label_set.texts, label_set.langs),
    )
    return _Learned(
        encoder, features, taught, targets, margins, probabilities, priors, meant, operating,
        thresholds, evaluation,
    )  # fmt: skip


def _check_languages(label_set: LabelSet, encoder: Encoder) -> None:
    langs = encoder.sentence.langs if isinstance(encoder, CombinedEncoder) else None
    there = {label.lang for label in label_set}
    if langs is not None and not there & {*langs}:
        raise LabelError(
            f"{label_set.origin}: no sentence is in {', '.join(langs)}, which the backbone is to "
            f"read; the set has: {', '.join(sorted(there))}"
        )


def _fitted(
    label_set: LabelSet, codebook: Codebook, options: TrainOptions, runtime: Runtime | None
) -> Encoder:
    """An encoder that has learned what it learns from these rows, labels included."""
    encoder = make_encoder(options.encoder, codebook, options.encoder_options, runtime)
    _check_languages(label_set, encoder)
    encoder.fit(label_set.texts)
    if isinstance(encoder, CombinedEncoder):
        targets = label_set.targets(codebook.frame_names)
        groups = label_set.groups
        encoder.learn(label_set.texts, label_set.langs, targets, groups, options.seed)
    return encoder


def cross_calibrated(
    margins: Margins,
    targets: NDArray[np.bool_],
    folds: list[tuple[NDArray[np.int64], NDArray[np.int64]]],
) -> NDArray[np.float64]:
    """Probabilities of rows that neither heads nor calibration had seen."""
    probabilities = np.zeros(targets.shape)
    for rows, held_out in folds:
        calibration = fit_calibration(margins[rows], targets[rows])
        probabilities[held_out] = calibration.probabilities(margins[held_out])
    return probabilities


def _check(label_set: LabelSet, codebook: Codebook, options: TrainOptions) -> None:
    counts = Counter(frame for label in label_set for frame in label.frames)
    unknown = sorted(set(counts) - set(codebook.frame_names))
    if unknown:
        raise LabelError(
            f"{label_set.origin}: frames {', '.join(unknown)} are not in the codebook "
            f"({', '.join(codebook.frame_names)}); run 'framing check' for every place"
        )
    groups = len(set(label_set.groups))
    if groups < options.folds:
        raise LabelError(
            f"{label_set.origin}: {groups} groups cannot fill {options.folds} folds; "
            "label more sentences or lower --folds"
        )
    everywhere = [frame for frame in codebook.frame_names if counts[frame] == len(label_set)]
    if everywhere:
        raise LabelError(
            f"{label_set.origin}: every sentence carries {', '.join(everywhere)}; "
            "a model also needs sentences without it"
        )
    short = [
        f"{frame} ({counts[frame]})"
        for frame in codebook.frame_names
        if counts[frame] < options.folds
    ]
    if short:
        raise LabelError(
            f"{label_set.origin}: too few positive sentences: {', '.join(short)}; "
            f"expected {MIN_POSITIVES} or more of every frame"
        )


def _facts(label_set: LabelSet, options: TrainOptions, learned: _Learned) -> dict[str, Any]:
    more = () if options.encoder == "ngrams" else _NEURAL_LIBRARIES
    at_meant = shifted(learned.probabilities, learned.priors, learned.meant_priors)
    return {
        "labels": {
            "sha256": label_set.sha256,
            "sentences": len(label_set),
            "languages": dict(sorted(Counter(label.lang for label in label_set).items())),
            "positives": dict(Counter(f for label in label_set for f in label.frames)),
        },
        "options": asdict(options),
        "seed": options.seed,
        "libraries": {name: library_version(name) for name in (*_LIBRARIES, *more)}
        | {"python": ".".join(platform.python_version_tuple()[:2])},
        "held_out": learned.held_out.to_dict(),
        "rule_out": rule_out_limits(at_meant, learned.targets),
        "probes": _probes(label_set, learned.encoder),
    }


def _probes(label_set: LabelSet, encoder: Encoder) -> list[dict[str, str]]:
    """What loading checks: the first sentences of every frame, and of none, in one language.

    The label set's first language, of those that the backbone reads where it reads some only:
    whoever scores texts in it loads no other language's cues.
    """
    langs = [label.lang for label in label_set]
    read = encoder.sentence.langs if isinstance(encoder, CombinedEncoder) else None
    lang = next((lang for lang in langs if read and lang in read), langs[0])
    first: dict[str, Label] = {}
    for label in label_set:
        if label.lang == lang:
            for frame in label.frames or ("",):
                first.setdefault(frame, label)
    return [{"text": label.text, "lang": lang} for label in dict.fromkeys(first.values())]

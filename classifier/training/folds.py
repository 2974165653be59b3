"""Grouped, stratified folds and what they give: margins of heads that did not see the row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from classifier.labels.label_set import LabelSet
from classifier.model.head import Margins, fit_heads


def grouped_folds(
    label_set: LabelSet, n_folds: int, seed: int
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Rows to train on and rows held out, ``n_folds`` times.

    A group stays on one side; languages and frames are spread evenly.
    """
    from sklearn.model_selection import StratifiedGroupKFold

    strata = [f"{label.lang} {label.frames[0] if label.frames else ''}" for label in label_set]
    common = Counter(strata)
    strata = [stratum if common[stratum] >= n_folds else "rare" for stratum in strata]
    if max(Counter(strata).values()) < n_folds:
        strata = ["all"] * len(strata)
    splitter = StratifiedGroupKFold(n_folds, shuffle=True, random_state=seed)
    yield from splitter.split(strata, strata, label_set.groups)


def out_of_fold_margins(
    features_without: Callable[[NDArray[np.int64]], csr_matrix],
    targets: NDArray[np.bool_],
    folds: list[tuple[NDArray[np.int64], NDArray[np.int64]]],
    regularisation: float,
    seed: int,
) -> Margins:
    """Each row's margins from heads fitted without its fold: (n_rows, n_frames).

    ``features_without`` gives the features of all rows from an encoder that has seen the labels
    of no others than those given.
    """
    margins = np.zeros(targets.shape)
    for train_rows, held_out in folds:
        features = features_without(train_rows)
        heads = fit_heads(features[train_rows], targets[train_rows], regularisation, seed)
        margins[held_out] = heads.margins(features[held_out])
    return margins

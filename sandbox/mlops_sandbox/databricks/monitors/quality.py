"""Model quality of one group of rows, for regression and classification."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

_SMALLEST = np.finfo(np.float64).eps


def regression(labels: np.ndarray, predictions: np.ndarray) -> dict[str, float | None]:
    """Errors of a regression model, defined as in scikit-learn.

    Args:
        labels: the true values of the rows that have one.
        predictions: as many predictions.
    """
    if not len(labels):
        return {}
    errors = labels - predictions
    mean_squared = float(np.mean(errors**2))
    spread = float(np.sum((labels - labels.mean()) ** 2))
    return {
        "mean_squared_error": mean_squared,
        "root_mean_squared_error": float(np.sqrt(mean_squared)),
        "mean_average_error": float(np.mean(np.abs(errors))),
        "mean_absolute_percentage_error": float(
            np.mean(np.abs(errors) / np.maximum(np.abs(labels), _SMALLEST))
        ),
        "r2_score": 1.0 - float(np.sum(errors**2)) / spread if spread else None,
    }


def _averaged(scores: np.ndarray, names: Sequence[str], weights: np.ndarray) -> dict[str, Any]:
    total = weights.sum()
    return {
        "one_vs_all": list(zip(names, scores.tolist(), strict=True)),
        "macro": float(scores.mean()),
        "weighted": float(scores @ weights / total) if total else None,
    }


def _ratio(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    ratio = np.zeros(len(part))
    np.divide(part, whole, out=ratio, where=whole > 0)
    return ratio


def classification(labels: Sequence[str], predictions: Sequence[str]) -> dict[str, Any]:
    """Scores of a classification model, defined as in scikit-learn (0 where a class has no rows).

    Args:
        labels: the true classes of the rows that have one, as text.
        predictions: as many predicted classes.
    """
    if not len(labels):
        return {}
    names = sorted(set(labels) | set(predictions))
    position = {name: number for number, name in enumerate(names)}
    matrix = np.zeros((len(names), len(names)))
    np.add.at(matrix, ([position[one] for one in labels], [position[one] for one in predictions]), 1)
    hits, actual, guessed = matrix.diagonal(), matrix.sum(axis=1), matrix.sum(axis=0)
    precision, recall = _ratio(hits, guessed), _ratio(hits, actual)
    f1 = _ratio(2 * precision * recall, precision + recall)
    return {
        "accuracy_score": float(hits.sum() / len(labels)),
        "confusion_matrix": [
            {"prediction": names[column], "label": names[row], "count": int(matrix[row, column])}
            for row, column in np.argwhere(matrix)
        ],
        "precision": _averaged(precision, names, actual),
        "recall": _averaged(recall, names, actual),
        "f1_score": _averaged(f1, names, actual),
    }


def log_loss(labels: Sequence[str], probabilities: Sequence[Any], classes: Sequence[str]) -> float | None:
    """The mean negative logarithm of the true class's probability.

    Args:
        labels: the true classes, as text.
        probabilities: for each row a map of class to probability, or the probability of the last class.
        classes: all classes, in order.
    """
    if not len(labels):
        return None
    told = [_probability(one, label, classes) for one, label in zip(probabilities, labels, strict=True)]
    return float(-np.mean(np.log(np.clip(told, _SMALLEST, 1.0))))


def _probability(told: Any, label: str, classes: Sequence[str]) -> float:
    if isinstance(told, (list, tuple)):
        told = {str(name): chance for name, chance in told}
    if isinstance(told, dict):
        return float(told.get(label) or 0.0)
    return float(told) if label == classes[-1] else 1.0 - float(told)

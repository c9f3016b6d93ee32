"""From counted terms to features."""

from __future__ import annotations

import math

import numpy as np

from paribus.kernels.compiled import compiled

_U = np.uint64


@compiled
def weigh_terms(
    entries: tuple[np.ndarray, np.ndarray, np.ndarray],
    rows_B: np.ndarray,
    weights: tuple[np.ndarray, np.ndarray, np.ndarray],
    unit_rows: bool,
    out: tuple[np.ndarray, np.ndarray, np.ndarray],
) -> None:
    """Columns and values of some rows of a matrix of counts, and where each row ends.

    A value is the weight of its count times the factor of its column, divided by the row's norm if `unit_rows`.

    Args:
        entries: row pointers, terms and counts of all rows.
        rows_B: numbers of the wanted ones.
        weights: the column of each term, -1 for none; the weight of each count; the factor of each column.
        unit_rows: whether rows are divided by their norms.
        out: columns, values in float64, and ends.
    """
    (indptr, terms, counts), (column, weight, factor), (columns, values, ends) = entries, weights, out
    filled = _U(0)  # unsigned: no check for negative indices
    for b in range(len(rows_B)):
        begun, square = filled, 0.0
        for at in range(_U(indptr[rows_B[b]]), _U(indptr[rows_B[b] + 1])):
            c = column[_U(terms[at])]
            value = weight[counts[at]] * factor[_U(max(c, 0))] * (c >= 0)
            square += value * value
            columns[filled], values[filled] = c, value
            filled += _U(c >= 0)  # what is no feature is overwritten by the next: there is no branch to be guessed
        ends[b] = filled
        if unit_rows:
            norm = math.sqrt(square)
            for at in range(begun, filled):
                values[at] /= norm


@compiled
def sum_terms(
    entries: tuple[np.ndarray, np.ndarray, np.ndarray], rows_B: np.ndarray, sums: tuple[np.ndarray, np.ndarray]
) -> None:
    """Add up in how many of some rows each term stands, and how often; arguments as for `weigh_terms`."""
    (indptr, terms, counts), (documents, totals) = entries, sums
    for row in rows_B:
        for at in range(_U(indptr[row]), _U(indptr[row + 1])):
            documents[_U(terms[at])] += 1
            totals[_U(terms[at])] += counts[at]

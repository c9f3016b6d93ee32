"""Products with matrices that are mostly zero, of which only the rest is kept.

Entries of one matrix per run are columns_ME, int32, and values_ME, float32, row after row, and ends_MR, where each
row ends. E is the room for the fullest run.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils

from paribus.kernels.compiled import compiled, instructions

Entries = tuple[np.ndarray, np.ndarray, np.ndarray]

_TILES = (8, 16), (4, 16), (1, 16), (1, 4), (1, 1)
"""Registers, and floats in each, in which so many numbers of a row stay while entries are gone through; widest first.

A register of 16 is the widest there is; where there are narrower ones, LLVM takes several.
"""

_INTEGER = ir.IntType(64)
_U = np.uint64


def _row_loop(spread: bool) -> Any:
    """A function for kernels that goes through the entries of a matrix' row, by registers.

    LLVM by itself would take half a register's width, and would ask at every entry whether arrays overlap. Arguments
    are (one_F, many_KF, columns_E, values_E, (start, stop)). To spread is to add values[e] * one to many[columns[e]],
    for each e from start to stop; else one becomes the sum of values[e] * many[columns[e]], in this order.
    """

    @instructions
    def row_loop(_: Any, one: Any, many: Any, columns: Any, values: Any, between: Any) -> Any:
        kinds = one, many, columns, values, between
        assert all(array.layout == "C" for array in kinds[:4]), kinds

        def build(context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
            one, many, columns, values = (
                context.make_array(kind)(context, builder, value=value)
                for kind, value in zip(kinds[:4], arguments[:4], strict=True)
            )
            features = builder.extract_value(one.shape, 0)
            start, stop = (builder.extract_value(arguments[4], end) for end in range(2))
            place = _INTEGER(0)
            for registers, lanes in _TILES:
                size = _INTEGER(registers * lanes)
                tiles = builder.udiv(builder.sub(features, place), size)
                after = builder.add(place, builder.mul(tiles, size))
                with cgutils.for_range_slice(builder, place, after, size, _INTEGER) as (at, _end):
                    pointers = _tile(builder, builder.gep(one.data, [at]), registers, lanes)
                    kept = [builder.load(p, align=4) if spread else _zero(builder, lanes) for p in pointers]
                    with cgutils.for_range_slice(builder, start, stop, _INTEGER(1), _INTEGER) as (entry, _end):
                        column = builder.zext(builder.load(builder.gep(columns.data, [entry])), _INTEGER)
                        value = _everywhere(builder, builder.load(builder.gep(values.data, [entry])), lanes)
                        number = builder.add(builder.mul(column, features), at)
                        row = _tile(builder, builder.gep(many.data, [number]), registers, lanes)
                        for own, others in zip(kept, row, strict=True):
                            other = builder.load(others, align=4)
                            if spread:
                                builder.store(_fma(builder, value, own, other), others, align=4)
                            else:
                                builder.store(_fma(builder, value, other, builder.load(own)), own)
                    if not spread:
                        for total, pointer in zip(kept, pointers, strict=True):
                            builder.store(builder.load(total), pointer, align=4)
                place = after
            return context.get_dummy_value()

        return types.void(*kinds), build

    return row_loop


def _tile(builder: Any, pointer: Any, registers: int, lanes: int) -> list[Any]:
    vector = ir.VectorType(ir.FloatType(), lanes).as_pointer()
    return [builder.bitcast(builder.gep(pointer, [_INTEGER(n * lanes)]), vector) for n in range(registers)]


def _zero(builder: Any, lanes: int) -> Any:
    return cgutils.alloca_once_value(builder, ir.VectorType(ir.FloatType(), lanes)(None))


def _everywhere(builder: Any, value: Any, lanes: int) -> Any:
    vector = ir.VectorType(ir.FloatType(), lanes)(ir.Undefined)
    first = builder.insert_element(vector, value, ir.IntType(32)(0))
    return builder.shuffle_vector(first, vector, ir.VectorType(ir.IntType(32), lanes)(None))


def _fma(builder: Any, a: Any, b: Any, c: Any) -> Any:
    kind = ir.FunctionType(a.type, [a.type] * 3)
    fma = cgutils.get_or_insert_function(builder.module, kind, f"llvm.fma.v{a.type.count}f32")
    return builder.call(fma, [a, b, c])


_combine_row, _spread_row = _row_loop(spread=False), _row_loop(spread=True)


@compiled
def combine(entries: Entries, rest_MR: np.ndarray, rows_MKF: np.ndarray, out_MRF: np.ndarray) -> None:
    """Each run's matrix, shape (R, K), times rows_KF.

    Args:
        entries: of the matrix.
        rest_MR: what is to be added to all numbers of each row of the matrix; may be empty.
        rows_MKF: to be multiplied.
        out_MRF: the product.
    """
    columns_ME, values_ME, ends_MR = entries
    total_F, places_R = np.empty(out_MRF.shape[2], np.float32), np.arange(rest_MR.shape[1]).astype(np.int32)
    for m in range(_U(len(out_MRF))):
        start = 0
        if len(places_R):
            total_F[:] = 0
            for row_F in rows_MKF[m]:
                total_F += row_F
        for r in range(_U(out_MRF.shape[1])):
            stop = ends_MR[m, r]
            _combine_row(out_MRF[m, r], rows_MKF[m], columns_ME[m], values_ME[m], (start, stop))
            if len(places_R):
                _spread_row(total_F, out_MRF[m], places_R, rest_MR[m], (r, r + 1))
            start = stop


@compiled
def spread(entries: Entries, rest_MR: np.ndarray, rows_MRF: np.ndarray, out_MKF: np.ndarray) -> None:
    """The transpose of each run's matrix, whose shape is (R, K), times rows_RF; arguments as for `combine`."""
    columns_ME, values_ME, ends_MR = entries
    all_1F, places_R = np.empty((1, out_MKF.shape[2]), np.float32), np.zeros(rest_MR.shape[1], np.int32)
    for m in range(_U(len(out_MKF))):
        start = 0
        out_MKF[m] = 0
        all_1F[:] = 0
        for r in range(_U(rows_MRF.shape[1])):
            stop = ends_MR[m, r]
            _spread_row(rows_MRF[m, r], out_MKF[m], columns_ME[m], values_ME[m], (start, stop))
            if len(places_R):
                _spread_row(rows_MRF[m, r], all_1F, places_R, rest_MR[m], (r, r + 1))
            start = stop
        if len(places_R):
            for out_F in out_MKF[m]:
                out_F += all_1F[0]

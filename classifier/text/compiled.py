"""How the hot paths are compiled, and how they ask memory for a row before it is needed."""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic

compiled = njit(cache=True, nogil=True)
"""Compiled once for a machine; runs without the GIL."""

lean: Any = njit(cache=True, nogil=True, _nrt=False)  # type: ignore[call-overload]
"""The same for what makes no array and is called for every word: no references are counted."""


@intrinsic
def _prefetch(typing_context: Any, array: Any, row: Any) -> Any:
    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        view = context.make_array(signature.args[0])(context, builder, arguments[0])
        stride = builder.extract_value(view.strides, 0)
        row = context.cast(builder, arguments[1], signature.args[1], types.intp)
        start = builder.bitcast(view.data, cgutils.voidptr_t)
        address = builder.gep(start, [builder.mul(stride, row)])
        number = ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [cgutils.voidptr_t, number, number, number])
        ask = builder.module.declare_intrinsic("llvm.prefetch", [cgutils.voidptr_t], kind)
        builder.call(ask, [address, number(0), number(3), number(1)])
        return context.get_dummy_value()

    return types.void(array, row), code


prefetch: Any = _prefetch
"""``prefetch(array, row)`` asks for the first bytes of a row, which must be within the array.

A look-up in a table larger than the processor's cache waits for memory, and where one follows
another the waits add up. Asked for ahead of time, they overlap.
"""

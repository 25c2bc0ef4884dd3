"""Matrix products: transposition, sizes that do not divide the blocks, empty sizes, batches that broadcast, wrapping integers."""
import ml_dtypes
import numpy as np

from .case import bfloat_ulp, case, f32, fails, half_ulp, i64, randoms, sums

half_sums = (4e-3, 4e-3)
bfloat_sums = (2e-2, 2e-2)


def turn(array, yes):
    return np.ascontiguousarray(np.swapaxes(array, -1, -2)) if yes else array


def cases():
    out = []
    for m, k, n in ((1, 1, 1), (1, 7, 5), (2, 9, 6), (3, 4, 4), (4, 5, 8), (5, 3, 2), (9, 13, 11), (1, 64, 3), (6, 1, 7)):
        for a, b in ((False, False), (True, False), (False, True), (True, True)):
            out.append(case('MatMul', turn(randoms((m, k)), a), turn(randoms((k, n), seed='b'), b), transpose_a=a, transpose_b=b, tolerance=sums))
    for m, k, n in ((0, 3, 4), (3, 0, 4), (3, 4, 0), (0, 0, 0), (1, 0, 1)):
        out.append(case('MatMul', randoms((m, k)), randoms((k, n))))
    for dtype in (np.float64, np.int32, np.int64):
        for a, b in ((False, False), (True, True)):
            out.append(case('MatMul', turn(randoms((5, 6), dtype), a), turn(randoms((6, 7), dtype, 'b'), b), transpose_a=a, transpose_b=b,
                            tolerance=sums if dtype == np.float64 else None))
    out.append(case('MatMul', np.array([[2 ** 31 - 1, 3]], np.int32), np.array([[2], [5]], np.int32)))
    out.append(case('MatMul', i64([[2 ** 53 + 1, 1]]), i64([[1], [2]])))
    out.append(case('MatMul', randoms((5, 6), np.float16), randoms((6, 3), np.float16, 'b'), tolerance=half_sums))
    out.append(case('MatMul', randoms((5, 6), ml_dtypes.bfloat16), randoms((6, 3), ml_dtypes.bfloat16, 'b'), tolerance=bfloat_sums))
    out.append(case('MatMul', f32([1, np.nan], [np.inf, 2]), f32([0, 1], [1, 0])))
    out.append(fails('MatMul', randoms((2, 3)), randoms((4, 5))))
    out.append(fails('MatMul', randoms((2, 3)), randoms((3,))))
    out.append(fails('MatMul', randoms((2, 2, 3)), randoms((3, 2))))
    for op in ('BatchMatMul', 'BatchMatMulV2', 'BatchMatMulV3'):
        types = {'Tout': np.float32} if op == 'BatchMatMulV3' else {}
        for a, b in ((False, False), (True, False), (False, True), (True, True)):
            out.append(case(op, turn(randoms((2, 3, 4, 5)), a), turn(randoms((2, 3, 5, 6), seed='b'), b), adj_x=a, adj_y=b, tolerance=sums, **types))
        out.append(case(op, randoms((0, 3, 4)), randoms((0, 4, 2)), **types))
        out.append(case(op, randoms((2, 3, 0)), randoms((2, 0, 2)), **types))
        out.append(case(op, randoms((3, 4)), randoms((4, 2)), tolerance=sums, **types))
        out.append(fails(op, randoms((2, 3, 4)), randoms((2, 3, 4)), **types))
        out.append(fails(op, randoms((2, 3, 4)), randoms((3, 4, 2)), **types))
        out.append(fails(op, randoms((4,)), randoms((4, 2)), **types))
    out.append(fails('BatchMatMul', randoms((2, 3, 4)), randoms((4, 2))))
    for a, b in (((2, 3, 4), (4, 2)), ((3, 4), (2, 4, 2)), ((2, 1, 3, 4), (5, 4, 2)), ((1, 3, 4), (3, 4, 2)), ((0, 1, 3, 4), (5, 4, 2))):
        out.append(case('BatchMatMulV2', randoms(a), randoms(b, seed='b'), tolerance=sums))
    out.append(case('BatchMatMulV2', randoms((2, 3, 4), np.int64), randoms((4, 2), np.int64, 'b')))
    out.append(case('BatchMatMulV2', randoms((2, 3, 4), np.int32), randoms((4, 2), np.int32, 'b')))
    out.append(case('BatchMatMulV2', randoms((2, 3, 4), np.float16), randoms((4, 2), np.float16, 'b'), tolerance=half_sums))
    return out

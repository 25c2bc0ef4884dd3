"""Reductions: axes in every order and from either end, nothing to reduce, empty tensors, NaN, wrapping."""
import ml_dtypes
import numpy as np

from .case import case, f32, fails, few_ulps, i32, i64, integers, randoms, sums

none = np.array([], np.int32)


def cases():
    out = []
    value = randoms((2, 3, 4))
    axes = ([0], [1], [2], [-1], [0, 1], [0, 2], [1, 2], [0, 1, 2], [2, 0], [-2], [])
    for op in ('Sum', 'Mean', 'Max', 'Min', 'Prod', 'EuclideanNorm'):
        for axis in axes:
            out.append(case(op, value, i32(axis), keep_dims=len(axis) == 1, tolerance=sums))
        out.append(case(op, value, i64([2, 0]), keep_dims=True, tolerance=sums))
        for shape, axis in (((0, 3), [0]), ((0, 3), [1]), ((3, 0), [1]), ((0,), [0]), ((2, 0, 3), [1, 2]), ((0, 3), [0, 1]), ((1, 1), [0])):
            out.append(case(op, randoms(shape), i32(axis)))
        out.append(case(op, f32(3.5), none))
        out.append(case(op, value, i32(1), tolerance=sums))
        out.append(case(op, f32([1, np.nan, 2], [np.inf, 1, -np.inf], [-np.inf, -np.inf, 0]), i32([1])))
        out.append(case(op, f32([1, np.nan, 2], [np.inf, 1, -np.inf], [np.nan, 5, 0]), i32([0])))
        out.append(case(op, randoms((3, 5), np.float64), i32([0]), tolerance=few_ulps))
        out.append(case(op, randoms((3, 5), np.float16), i32([1]), tolerance=(4e-3, 4e-3)))
        out.append(case(op, randoms((3, 5), ml_dtypes.bfloat16), i32([1]), tolerance=(3e-2, 3e-2)))
        out.append(fails(op, value, i32([3])))
        out.append(fails(op, value, i32([-4])))
        out.append(fails(op, value, i32([0, 0])))
        out.append(fails(op, value, i32([1, -2])))
    out.append(case('Sum', randoms((3000,), low=0, high=1), i32([0]), tolerance=few_ulps))
    out.append(case('Mean', randoms((40, 30), low=0, high=1), i32([0, 1]), tolerance=few_ulps))
    for op in ('Sum', 'Prod', 'Max', 'Min'):
        for dtype in integers:
            limits = np.iinfo(dtype)
            out.append(case(op, np.array([[limits.max, 3, 1], [limits.max, limits.min, 7]], dtype), i32([0])))
            out.append(case(op, np.array([[limits.max, 3, 1], [limits.max, 5, 7]], dtype), i32([1])))
            out.append(case(op, np.zeros((0, 2), dtype), i32([0])))
    for op in ('All', 'Any'):
        for axis in ([0], [1], [0, 1], []):
            out.append(case(op, randoms((3, 4), np.bool_), i32(axis), keep_dims=len(axis) == 1))
        out.append(case(op, np.zeros((0, 2), np.bool_), i32([0])))
        out.append(case(op, np.ones((2, 2), np.bool_), i32([0])))
    for shape in ((), (5,), (2, 3), (0,)):
        out.append(case('L2Loss', randoms(shape), tolerance=few_ulps))
    out.append(case('L2Loss', randoms((5,), np.float64), tolerance=few_ulps))
    return out

"""ArgMax and ArgMin: ties, NaN, infinities, axes, output types."""
import numpy as np

from .case import case, f32, fails, i32, i64, randoms

nan, inf = np.nan, np.inf


def cases():
    out = []
    for op in ('ArgMax', 'ArgMin'):
        for axis in (0, 1, 2, -1, -3):
            out.append(case(op, randoms((2, 3, 4)), i32(axis)))
        out.append(case(op, randoms((2, 3)), i64(1), output_type=np.int32))
        out.append(case(op, f32([1, 3, 3, 2], [5, 5, 5, 5], [-1, -3, -3, -2]), i32(1)))
        out.append(case(op, f32([nan, 1, 2], [1, nan, 2], [2, 1, nan], [nan, nan, nan], [nan, inf, -inf]), i32(1)))
        out.append(case(op, f32([-inf, -inf], [inf, inf], [-inf, inf], [0, -0.0], [-0.0, 0]), i32(1)))
        for dtype in (np.float64, np.float16, np.int32, np.int64, np.uint8, np.int8, np.bool_):
            out.append(case(op, randoms((3, 4), dtype, low=0, high=3), i32(1)))
        out.append(case(op, i64(2 ** 53, 2 ** 53 + 1, 2 ** 53 + 1), i32(0)))
        out.append(case(op, randoms((0, 3)), i32(1)))
        out.append(fails(op, randoms((0, 3)), i32(0)))
        out.append(fails(op, randoms((2, 3)), i32(2)))
        out.append(fails(op, randoms((2, 3)), i32([0, 1])))
    return out

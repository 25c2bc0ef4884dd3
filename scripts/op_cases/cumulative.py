"""Running sums and products: directions, exclusive, axes, wrapping."""
import numpy as np

from .case import case, fails, few_ulps, i32, i64, integers, randoms


def cases():
    out = []
    for op in ('Cumsum', 'Cumprod'):
        for exclusive in (False, True):
            for reverse in (False, True):
                for axis in (0, 1, -1):
                    out.append(case(op, randoms((2, 3, 4)), i32(axis), exclusive=exclusive, reverse=reverse, tolerance=(2e-6, 1e-6)))
        for dtype in (*integers, np.float64):
            out.append(case(op, randoms((5,), dtype, low=1, high=100), i64(0), tolerance=few_ulps if dtype == np.float64 else None))
        out.append(case(op, np.zeros((0, 3), np.float32), i32(1)))
        out.append(case(op, np.zeros((3, 0), np.float32), i32(1)))
        out.append(fails(op, randoms((2, 3)), i32(2)))
    return out

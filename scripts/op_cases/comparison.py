"""Comparisons: NaN, signed zero, large integers, strings, shapes that do not fit."""
import numpy as np

from .case import case, f32, fails, i32, i64, integers, randoms, text

specials = f32(0, -0.0, 1, -1, np.inf, -np.inf, np.nan)


def cases():
    out = []
    left, right = (a.reshape(-1) for a in np.meshgrid(specials, specials))
    for op in ('Equal', 'NotEqual', 'Less', 'LessEqual', 'Greater', 'GreaterEqual'):
        out.append(case(op, left, right))
        out.append(case(op, i64(2 ** 53, 2 ** 53 + 1, -5), i64(2 ** 53 + 1, 2 ** 53 + 1, 5)))
        for dtype in (*integers, np.float64, np.float16):
            out.append(case(op, randoms((3, 4), dtype, low=0, high=3), randoms((4,), dtype, 'b', low=0, high=3)))
        out.append(case(op, randoms((2, 1)), randoms((1, 3), seed='b')))
        out.append(case(op, np.zeros((0, 3), np.float32), f32(1)))
        out.append(fails(op, randoms((2,)), randoms((3,))))
    for op in ('Equal', 'NotEqual'):
        out.append(case(op, text('a', 'b', '', 'é'), text('a', 'B', '', b'\xc3\xa9')))
        out.append(case(op, text(['a', 'b']), text('b')))
        out.append(case(op, np.array([True, False, True]), np.array([True, True, False])))
        out.append(case(op, randoms((2,)), randoms((3,)), incompatible_shape_error=False))
        out.append(case(op, randoms((2, 1)), randoms((3,)), incompatible_shape_error=False))
    return out

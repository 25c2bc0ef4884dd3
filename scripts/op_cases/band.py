"""Bands of a matrix."""
import numpy as np

from .case import case, fails, i32, i64, randoms


def cases():
    out = []
    for lower, upper in ((-1, 0), (0, -1), (1, 1), (0, 0), (-1, -1), (2, 0), (4, 3)):
        out.append(case('MatrixBandPart', randoms((4, 3)), i64(lower), i64(upper)))
    out.append(case('MatrixBandPart', randoms((2, 3, 5), np.int32), i32(1), i32(2)))
    out.append(case('MatrixBandPart', np.ones((3, 3), np.bool_), i64(-1), i64(0)))
    out.append(case('MatrixBandPart', np.zeros((0, 3, 3), np.float32), i64(0), i64(0)))
    out.append(fails('MatrixBandPart', randoms((3,)), i64(0), i64(0)))
    out.append(fails('MatrixBandPart', randoms((3, 3)), i64(4), i64(0)))
    return out

"""Pads: zeros, a value, mirror images up to the size, refusals."""
import numpy as np

from .case import case, f32, fails, i32, i64, randoms, text


def cases():
    out = []
    value = randoms((2, 3), np.int32)
    for paddings in ([[0, 0], [0, 0]], [[1, 0], [0, 2]], [[2, 1], [3, 3]]):
        out.append(case('Pad', value, i32(paddings)))
        out.append(case('PadV2', value, i64(paddings), i32(7)))
    out.append(case('Pad', randoms((1, 2, 2, 3)), i32([[0, 0], [1, 1], [2, 0], [0, 0]])))
    out.append(case('PadV2', randoms((2, 2)), i32([[1, 1], [1, 1]]), f32(-np.inf)))
    out.append(case('Pad', np.zeros((0, 2), np.float32), i32([[1, 2], [0, 1]])))
    out.append(case('Pad', f32(5), np.zeros((0, 2), np.int32)))
    out.append(case('Pad', randoms((3,), np.bool_), i32([[1, 1]])))
    out.append(case('Pad', randoms((3,), np.int64), i32([[1, 1]])))
    out.append(case('PadV2', text('a'), i32([[1, 1]]), text('pad').reshape(())))
    for paddings in ([[1, -1], [0, 0]], [[0, 0]], [[0, 0, 0], [0, 0, 0]]):
        out.append(fails('Pad', value, i32(paddings)))
    for mode in ('REFLECT', 'SYMMETRIC'):
        for paddings in ([[0, 0], [0, 0]], [[1, 0], [0, 2]], [[1, 1], [2, 2]], [[0, 1], [1, 0]]):
            out.append(case('MirrorPad', value, i32(paddings), mode=mode))
        out.append(case('MirrorPad', randoms((1, 3, 3, 2)), i64([[0, 0], [2, 1], [1, 2], [0, 0]]), mode=mode))
        out.append(fails('MirrorPad', value, i32([[3, 0], [0, 0]]), mode=mode))
        out.append(fails('MirrorPad', value, i32([[0, 0], [-1, 0]]), mode=mode))
    out.append(case('MirrorPad', value, i32([[2, 2], [3, 3]]), mode='SYMMETRIC'))
    out.append(fails('MirrorPad', value, i32([[2, 0], [0, 0]]), mode='REFLECT'))
    return out

"""Selecting, clipping and adding up many tensors."""
import numpy as np

from .case import case, f32, fails, few_ulps, i32, i64, randoms, text


def cases():
    out = []
    a, b = randoms((2, 3)), randoms((2, 3), seed='b')
    flags = randoms((2, 3), np.bool_)
    yes, no = np.array(True), np.array(False)
    out.append(case('Select', flags, a, b))
    out.append(case('Select', yes, a, b))
    out.append(case('Select', no, text('a', 'b'), text('c', 'd')))
    out.append(case('Select', np.array([True, False]), a, b))
    out.append(case('Select', np.array([True, False]), randoms((2, 0, 3)), randoms((2, 0, 3))))
    out.append(case('Select', np.array([True, False]), text('a', 'b'), text('c', 'd')))
    out.append(case('Select', np.zeros((0,), np.bool_), randoms((0, 2)), randoms((0, 2))))
    out.append(fails('Select', np.array([True, False, True]), a, b))
    out.append(fails('Select', flags, a, randoms((3,))))
    out.append(fails('Select', randoms((1, 3), np.bool_), a, b))
    out.append(case('SelectV2', flags, a, b))
    out.append(case('SelectV2', yes, a, f32(7)))
    out.append(case('SelectV2', flags, f32(7), b))
    out.append(case('SelectV2', np.array([[True], [False]]), randoms((3,)), f32([[1], [2]])))
    out.append(case('SelectV2', flags, randoms((2, 1), np.int64), randoms((3,), np.int64, 'b')))
    out.append(case('SelectV2', np.array([True, False]), text('x'), text('y')))
    out.append(case('SelectV2', np.zeros((0,), np.bool_), f32([1]), f32(2)))
    out.append(case('SelectV2', randoms((2, 1, 3), np.bool_), randoms((4, 1)), randoms((2, 4, 3))))
    out.append(fails('SelectV2', flags, randoms((2,)), b))
    values = f32(-5, -1, 0, 1, 5, np.inf, -np.inf, np.nan)
    for dtype in (np.float32, np.float64, np.float16):
        out.append(case('ClipByValue', values.astype(dtype), np.array(-2, dtype), np.array(3, dtype)))
    out.append(case('ClipByValue', values, np.full(8, -1, np.float32), np.arange(8, dtype=np.float32)))
    out.append(case('ClipByValue', values, f32(3), f32(-2)))
    for dtype in (np.int32, np.int64, np.uint8):
        out.append(case('ClipByValue', np.array([0, 5, 9], dtype), np.array(2, dtype), np.array(6, dtype)))
    out.append(fails('ClipByValue', values, f32([1, 2]), f32(3)))
    for count in (1, 2, 5, 11):
        out.append(case('AddN', [randoms((2, 3), seed=str(i)) for i in range(count)], tolerance=few_ulps))
    out.append(case('AddN', [i64(2 ** 62), i64(2 ** 62), i64(1)]))
    out.append(case('AddN', [i32(2 ** 30), i32(2 ** 30)]))
    out.append(fails('AddN', [a, randoms((3,))]))
    return out

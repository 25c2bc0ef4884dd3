"""Tensors made from a rule."""
import ml_dtypes
import numpy as np

from .case import case, f32, f64, fails, i32, i64, randoms, text

types = (np.float32, np.float64, np.float16, ml_dtypes.bfloat16, np.int32, np.int64, np.uint8, np.int8, np.bool_)


def cases():
    out = []
    for dtype in types:
        out.append(case('Fill', i32([2, 1]), np.array(1).astype(dtype)))
        out.append(case('ZerosLike', randoms((2, 3)).astype(dtype)))
        out.append(case('OnesLike', randoms((2, 3)).astype(dtype)))
    out.append(case('ZerosLike', text('a', 'b')))
    out.append(case('OnesLike', np.zeros((0, 2), np.float32)))
    out.append(case('Fill', i64([3]), f32(2.5)))
    out.append(case('Fill', np.array([], np.int32), f32(2.5)))
    out.append(case('Fill', i32([0, 3]), f32(2.5)))
    out.append(case('Fill', i32([2]), np.array(b'x', object)))
    out.append(fails('Fill', i32([[2]]), f32(1)))
    out.append(fails('Fill', i32([-1]), f32(1)))
    out.append(fails('Fill', i32([2]), f32([1, 2])))
    for start, limit, delta in ((0, 5, 1), (3, 10, 4), (5, 0, -2), (0, 0, 1), (7, 7, -1), (-3, 3, 2)):
        out.append(case('Range', i32(start), i32(limit), i32(delta)))
        out.append(case('Range', i64(start), i64(limit), i64(delta)))
        out.append(case('Range', f32(start), f32(limit), f32(delta)))
    out.append(case('Range', f32(0), f32(1), f32(0.1)))
    out.append(case('Range', f32(1.5), f32(-1), f32(-0.3)))
    out.append(case('Range', f64(0), f64(1), f64(0.1)))
    out.append(case('Range', i64(2 ** 53), i64(2 ** 53 + 4), i64(1)))
    for start, limit, delta in ((0, 5, 0), (5, 0, 1), (0, 5, -1)):
        out.append(fails('Range', i32(start), i32(limit), i32(delta)))
        out.append(fails('Range', f32(start), f32(limit), f32(delta)))
    out.append(fails('Range', i32([0, 1]), i32(4), i32(1)))
    for start, stop, num in ((0, 1, 5), (-2, 3, 1), (1, 1, 3), (10, 0, 4), (0, 1, 2), (0.1, 0.7, 7)):
        out.append(case('LinSpace', f32(start), f32(stop), i32(num), tolerance=(2e-7, 1e-7)))
        out.append(case('LinSpace', f64(start), f64(stop), i64(num), tolerance=(1e-15, 1e-15)))
    out.append(fails('LinSpace', f32(0), f32(1), i32(0)))
    for dtype in (np.float32, np.int32, np.int64, np.bool_):
        out.append(case('OneHot', i64([0, 2, -1, 3, 1]), i32(3), np.array(1).astype(dtype), np.array(0).astype(dtype)))
    for axis in (-1, 0, 1, 2):
        out.append(case('OneHot', i32([[0, 2], [1, -1]]), i32(3), f32(5), f32(-1), axis=axis))
    out.append(case('OneHot', i32(2), i32(4), f32(1), f32(0)))
    out.append(case('OneHot', np.array([0, 200, 3], np.uint8), i32(4), f32(1), f32(0)))
    out.append(case('OneHot', np.zeros((0,), np.int64), i32(3), f32(1), f32(0)))
    out.append(case('OneHot', i64([0, 1]), i32(0), f32(1), f32(0)))
    out.append(case('OneHot', i64([0, 1]), i32(2), np.array(b'on', object), np.array(b'off', object)))
    out.append(fails('OneHot', i64([0, 1]), i32(-1), f32(1), f32(0)))
    out.append(fails('OneHot', i64([0, 1]), i32([2, 1]), f32(1), f32(0)))
    out.append(fails('OneHot', i64([0, 1]), i32(2), f32([1, 2]), f32(0)))
    out.append(fails('OneHot', i64([0, 1]), i32(2), f32(1), f32(0), axis=3))
    return out

"""Shapes read and changed: inferred sizes, zero sizes, axes from either end, refusals."""
import numpy as np

from .case import case, f32, fails, i32, i64, randoms, text


def cases():
    out = []
    for shape in ((), (3,), (2, 0, 4)):
        value = randoms(shape)
        for out_type in (np.int32, np.int64):
            out.append(case('Shape', value, out_type=out_type))
            out.append(case('Size', value, out_type=out_type))
            out.append(case('ShapeN', [value, randoms((1, 2))], out_type=out_type))
        out.append(case('Rank', value))
    out.append(case('Shape', text('a', 'b')))
    value = randoms((2, 3, 4))
    for sizes in ([24], [-1], [4, -1, 2], [2, 3, 4, 1], [1, 24], [3, -1, 1]):
        out.append(case('Reshape', value, i32(sizes)))
        out.append(case('Reshape', value, i64(sizes)))
    out.append(case('Reshape', f32([[5]]), np.array([], np.int32)))
    out.append(case('Reshape', text('a', 'b', 'c', 'd'), i32([2, 2])))
    empty = np.zeros((0, 3), np.float32)
    for sizes in ([-1], [0, -1], [-1, 0], [3, 0], [-1, 5], [0, 7, 2]):
        out.append(case('Reshape', empty, i32(sizes)))
    for sizes in ([-1, -1], [5], [-1, 5], [-2, 12], [0, -1], [25]):
        out.append(fails('Reshape', value, i32(sizes)))
    out.append(fails('Reshape', value, i32([[24]])))
    out.append(case('Reshape', f32(3), i32(1, 1)))
    for shape, axes in (((1, 3, 1), []), ((1, 3, 1), [0]), ((1, 3, 1), [-1]), ((1, 3, 1), [0, 2]), ((1,), []), ((1, 1), [-2]), ((0, 1), []), ((1, 0), [0])):
        out.append(case('Squeeze', randoms(shape), squeeze_dims=axes))
    out.append(fails('Squeeze', value, squeeze_dims=[0]))
    out.append(fails('Squeeze', value, squeeze_dims=[3]))
    out.append(fails('Squeeze', value, squeeze_dims=[-4]))
    for axis in (0, 1, 3, -1, -4):
        out.append(case('ExpandDims', value, i32(axis)))
    out.append(case('ExpandDims', value, i64(1)))
    out.append(case('ExpandDims', f32(7), i32([0])))
    out.append(case('ExpandDims', text('x'), i32(-1)))
    out.append(fails('ExpandDims', value, i32(4)))
    out.append(fails('ExpandDims', value, i32(-5)))
    out.append(fails('ExpandDims', value, i32([0, 1])))
    out.append(case('EnsureShape', value, shape=[2, None, 4]))
    out.append(case('EnsureShape', value, shape=None))
    out.append(fails('EnsureShape', value, shape=[2, None, 5]))
    out.append(fails('EnsureShape', value, shape=[2, 3]))
    return out

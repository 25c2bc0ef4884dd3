"""Writing by index: places met twice, whole slices, indices out of range."""
import numpy as np

from .case import case, f32, fails, i32, i64, randoms, text


def cases():
    out = []
    out.append(case('ScatterNd', i32([[1], [3], [1]]), f32(5, 6, 7), i32([5])))
    out.append(case('ScatterNd', i64([[0], [2]]), randoms((2, 3)), i64([4, 3])))
    out.append(case('ScatterNd', i32([[0, 1], [2, 0]]), i64([2 ** 60, 5]), i32([3, 2])))
    out.append(case('ScatterNd', np.zeros((0, 1), np.int32), np.zeros((0,), np.float32), i32([3])))
    out.append(fails('ScatterNd', i32([[5]]), f32([1]), i32([5])))
    out.append(fails('ScatterNd', i32([[-1]]), f32([1]), i32([5])))
    out.append(fails('ScatterNd', i32([[1]]), f32([1, 2]), i32([5])))
    target = randoms((4, 3))
    for op in ('TensorScatterUpdate', 'TensorScatterAdd', 'TensorScatterSub', 'TensorScatterMax', 'TensorScatterMin'):
        out.append(case(op, target, i32([[1], [3]]), randoms((2, 3), seed='u')))
        out.append(case(op, target, i64([[1, 2], [0, 0]]), f32(9, -9)))
        out.append(case(op, i64([1, 2, 3]), i32([[2]]), i64([2 ** 60])))
        out.append(fails(op, target, i32([[4]]), randoms((1, 3))))
        out.append(fails(op, target, i32([[1]]), randoms((1, 2))))
    out.append(case('TensorScatterAdd', f32(0, 0, 0), i32([[1], [1]]), f32(2, 3)))
    out.append(case('TensorScatterUpdate', text('a', 'b'), i32([[1]]), text('x')))
    return out

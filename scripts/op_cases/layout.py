"""Elements moved: permutations, axes from either end, zero sizes, every kind of element."""
import numpy as np

from .case import case, f32, fails, i32, i64, randoms, text


def cases():
    out = []
    value = randoms((2, 3, 4), np.int32, low=0, high=99)
    for perm in ([0, 1, 2], [2, 1, 0], [1, 0, 2], [0, 2, 1], [1, 2, 0], [2, 0, 1]):
        out.append(case('Transpose', value, i32(perm)))
    out.append(case('Transpose', randoms((2, 3, 2, 5)), i64([0, 2, 1, 3])))
    out.append(case('Transpose', randoms((2, 3), np.int64), i32([1, 0])))
    out.append(case('Transpose', randoms((3, 40)), i32([1, 0])))
    out.append(case('Transpose', text('a', 'bc', 'd', '').reshape(2, 2), i32([1, 0])))
    out.append(case('Transpose', np.zeros((0, 3), np.float32), i32([1, 0])))
    out.append(case('Transpose', f32(5), np.array([], np.int32)))
    for perm in ([0, 1], [0, 1, 1], [0, 1, 3], [0, 1, 2, 3]):
        out.append(fails('Transpose', value, i32(perm)))
    out.append(fails('Transpose', value, i32([[0, 1, 2]])))
    a, b = randoms((2, 3, 4)), randoms((2, 3, 4), seed='b')
    for axis in (0, 1, 2, -1, -3):
        out.append(case('ConcatV2', [a, b], i32(axis)))
        out.append(case('Concat', i32(axis), [a, b]))
        out.append(case('Unpack', a, num=a.shape[axis], axis=axis))
        out.append(case('Split', i32(axis), randoms((4, 2, 6)), num_split=2))
    out.append(case('ConcatV2', [randoms((2, 1)), randoms((2, 0)), randoms((2, 3))], i64(1)))
    out.append(case('ConcatV2', [randoms((0, 1)), randoms((0, 3))], i32(1)))
    out.append(case('ConcatV2', [text('a', 'b'), text('c')], i32(0)))
    out.append(case('ConcatV2', [randoms((2, 30)), randoms((2, 40))], i32(1)))
    out.append(case('ConcatV2', [randoms((2,), np.bool_), randoms((3,), np.bool_)], i32(0)))
    out.append(fails('ConcatV2', [a, b], i32(3)))
    out.append(fails('ConcatV2', [a, randoms((2, 4, 4))], i32(0)))
    out.append(fails('ConcatV2', [a, randoms((3, 4))], i32(0)))
    out.append(fails('ConcatV2', [a, b], i32([0, 1])))
    for axis in (0, 1, 3, -1, -4):
        out.append(case('Pack', [a, b], axis=axis))
    out.append(case('Pack', [f32(1), f32(2), f32(3)]))
    out.append(case('Pack', [text('a'), text('b')], axis=1))
    out.append(case('Pack', [randoms((0, 2)), randoms((0, 2))]))
    out.append(fails('Pack', [a, randoms((2, 3))]))
    out.append(fails('Pack', [f32(1, 2), f32([1])]))
    out.append(fails('Pack', [f32(1, 2)], axis=2))
    out.append(case('Unpack', randoms((2, 0), np.int64), num=2))
    out.append(fails('Unpack', a, num=3, axis=0))
    out.append(fails('Unpack', a, num=2, axis=3))
    out.append(case('Split', i32(0), f32(1, 2, 3), num_split=1))
    out.append(case('Split', i32(0), randoms((0, 2)), num_split=2))
    out.append(fails('Split', i32(1), a, num_split=2))
    out.append(fails('Split', i32(3), a, num_split=2))
    for sizes, axis in (([1, 2, 1], 2), ([-1, 1], 1), ([3], 1), ([0, 2], 0), ([0, -1, 0], -1), ([2, -1, 1], 1)):
        out.append(case('SplitV', a, i32(sizes), i32(axis), num_split=len(sizes)))
    out.append(case('SplitV', a, i64([1, 1]), i32(0), num_split=2))
    for sizes in ([1, 1], [2, 2]):
        out.append(fails('SplitV', a, i32(sizes), i32(1), num_split=2))
    for shape, multiples in (((2, 3), [2, 1]), ((2, 3), [1, 3]), ((2, 3), [2, 2]), ((3,), [0]), ((0, 2), [3, 2]), ((1,), [5]), ((), [])):
        out.append(case('Tile', randoms(shape), i32(np.array(multiples, np.int32))))
    out.append(case('Tile', text('a', 'b'), i64([2])))
    out.append(fails('Tile', a, i32([1, 2])))
    out.append(fails('Tile', a, i32([1, 2, -1])))
    for shape, target in (((3,), [2, 3]), ((2, 1), [2, 3]), ((), [2, 2]), ((1, 1), [0, 4]), ((2, 3), [2, 3]), ((1, 3), [2, 2, 3]), ((), [])):
        out.append(case('BroadcastTo', randoms(shape), i32(np.array(target, np.int32))))
    out.append(case('BroadcastTo', text('x'), i64([2, 1])))
    out.append(fails('BroadcastTo', randoms((2,)), i32([3])))
    out.append(fails('BroadcastTo', randoms((2, 3)), i32([3])))
    out.append(fails('BroadcastTo', randoms((2, 3)), i32([1, 3])))
    for x, y in (([2, 1], [3]), ([], [3, 4]), ([1, 5, 1], [4, 1, 6]), ([0, 1], [1, 2])):
        out.append(case('BroadcastArgs', i32(np.array(x, np.int32)), i32(np.array(y, np.int32))))
    out.append(case('BroadcastArgs', i64([2, 1]), i64([3])))
    out.append(fails('BroadcastArgs', i32([2]), i32([3])))
    for axes in ([0], [1], [0, 2], [-1], []):
        out.append(case('ReverseV2', a, i32(np.array(axes, np.int32))))
        out.append(case('Reverse', a, np.array([i in axes for i in range(3)])))
    out.append(case('ReverseV2', text('a', 'b', 'c'), i64([0])))
    out.append(case('ReverseV2', randoms((0, 2)), i32([0])))
    out.append(fails('ReverseV2', a, i32([3])))
    out.append(fails('ReverseV2', a, i32([0, 0])))
    out.append(fails('Reverse', a, np.array([True])))
    return out

"""Slices: every mask of StridedSlice, negative strides, bounds that are clamped and those that are refused."""
import numpy as np

from .case import case, f32, fails, i32, i64, randoms, text

value = np.arange(24, dtype=np.int32).reshape(2, 3, 4)


def strided(begin, end, strides=None, /, tensor=value, index=np.int32, **masks):
    strides = strides if strides is not None else [1] * len(begin)
    return case('StridedSlice', tensor, np.array(begin, index), np.array(end, index), np.array(strides, index),
                **{f'{name}_mask': bits for name, bits in masks.items()})


def refused(*args, **masks):
    out = strided(*args, **masks)
    out.error = True
    return out


def cases():
    out = []
    for begin, size in (([0, 0, 0], [2, 3, 4]), ([1, 1, 1], [1, 2, 3]), ([0, 1, 2], [-1, -1, -1]), ([2, 0, 0], [0, 3, 4]), ([1, 3, 0], [1, 0, -1])):
        out.append(case('Slice', value, i32(begin), i32(size)))
        out.append(case('Slice', value, i64(begin), i64(size)))
    out.append(case('Slice', np.zeros((0, 2), np.float32), i32([0, 1]), i32([0, 1])))
    out.append(case('Slice', text('a', 'b', 'c'), i32([1]), i32([2])))
    out.append(case('Slice', f32(3), np.array([], np.int32), np.array([], np.int32)))
    for begin, size in (([0, 0, 0], [3, 3, 4]), ([-1, 0, 0], [1, 1, 1]), ([0, 0, 5], [1, 1, 0]), ([0, 0, 0], [1, 1, -2]), ([0, 0], [1, 1])):
        out.append(fails('Slice', value, i32(begin), i32(size)))
    out.append(fails('Slice', np.zeros((0, 2), np.float32), i32([1, 0]), i32([0, 1])))
    out.append(strided([0, 0, 0], [2, 3, 4]))
    out.append(strided([0, 1, 1], [1, 3, 3]))
    out.append(strided([0, 1, 1], [1, 3, 3], index=np.int64))
    out.append(strided([1], [2]))
    out.append(strided([1], [2], shrink_axis=1))
    out.append(strided([-1], [0], shrink_axis=1))
    out.append(strided([1, 2, 3], [2, 3, 4], shrink_axis=7))
    out.append(strided([0, 2], [0, 3], shrink_axis=2, begin=1, end=1))
    out.append(strided([1], [0], shrink_axis=1, begin=1))
    out.append(strided([0, 0, 0], [0, 0, 0], begin=7, end=7))
    out.append(strided([-2, -2, -2], [-1, -1, 99]))
    out.append(strided([-99, 0, 0], [99, 99, 99]))
    out.append(strided([1, 2, 3], [0, 0, 0], [-1, -1, -1]))
    out.append(strided([1, 2, 3], [0, 0, 0], [-1, -1, -1], end=7))
    out.append(strided([0, 0, 0], [0, 0, 0], [-1, -2, -3], begin=7, end=7))
    out.append(strided([0, 0, 0], [2, 3, 4], [1, 2, 3]))
    out.append(strided([0, 0, 3], [2, 3, -99], [2, 2, -2]))
    out.append(strided([2, 3, 4], [0, 1, 2]))
    out.append(strided([0, 0], [0, 1], ellipsis=1))
    out.append(strided([0, 0, 0], [1, 0, 1], ellipsis=2))
    out.append(strided([0, 0, 0], [1, 0, 2], ellipsis=2, shrink_axis=1))
    out.append(strided([0, 0, 0, 1], [1, 0, 0, 2], ellipsis=2, new_axis=4, shrink_axis=8))
    out.append(strided([0], [0], new_axis=1))
    out.append(strided([0, 1], [0, 2], new_axis=1))
    out.append(strided([0, 0, 0], [0, 0, 0], new_axis=5, begin=2, end=2))
    out.append(strided([0, 0, 0, 0], [0, 0, 0, 0], new_axis=9, ellipsis=2, begin=4, end=4))
    out.append(strided([1, 0, 0, 2], [2, 0, 0, 4], new_axis=6, begin=0))
    out.append(strided([0, 0], [0, 0], ellipsis=2, new_axis=1))
    out.append(strided([0, 0], [0, 0], ellipsis=1, new_axis=1))
    out.append(strided([1, 0, 2], [2, 0, 3], ellipsis=2, shrink_axis=5))
    out.append(strided([], []))
    out.append(strided([], [], tensor=f32(7)))
    out.append(strided([0], [0], tensor=f32(7), ellipsis=1))
    out.append(strided([0], [0], tensor=f32(7), new_axis=1))
    out.append(strided([0], [1], tensor=np.zeros((0, 2), np.float32)))
    out.append(strided([0, 0], [5, 1], tensor=np.zeros((0, 2), np.float32), shrink_axis=2))
    out.append(strided([0], [2], tensor=text('a', 'b', 'c')))
    out.append(strided([1], [9], [2], tensor=np.array([2 ** 60, 2, 3, 4, 5])))
    out.append(refused([2], [3], shrink_axis=1))
    out.append(refused([-3], [0], shrink_axis=1))
    out.append(refused([0], [1], [0]))
    out.append(refused([1], [0], [-1], shrink_axis=1))
    out.append(refused([0, 0, 0, 0], [1, 1, 1, 1]))
    out.append(refused([0, 0, 0], [1, 1, 1], ellipsis=5))
    out.append(refused([0, 0], [1]))
    out.append(refused([0], [1], tensor=f32(7)))
    return out

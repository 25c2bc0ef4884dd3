"""Pools: windows that hang over the edge, strides above the window, NaN, integers."""
import numpy as np

from .case import case, fails, f32, few_ulps, randoms


def cases():
    out = []
    for op in ('MaxPool', 'AvgPool'):
        for padding in ('SAME', 'VALID'):
            for size, stride in (((2, 2), (2, 2)), ((3, 3), (1, 1)), ((3, 2), (2, 3)), ((2, 2), (3, 3)), ((1, 1), (2, 2)), ((4, 1), (1, 1))):
                out.append(case(op, randoms((2, 5, 6, 3)), ksize=[1, *size, 1], strides=[1, *stride, 1], padding=padding, tolerance=few_ulps))
            out.append(case(op, randoms((0, 4, 4, 2)), ksize=[1, 2, 2, 1], strides=[1, 2, 2, 1], padding=padding))
            out.append(case(op, randoms((1, 4, 4, 2), np.float64), ksize=[1, 2, 2, 1], strides=[1, 2, 2, 1], padding=padding, tolerance=few_ulps))
            out.append(case(op, randoms((1, 4, 4, 2), np.float16), ksize=[1, 2, 2, 1], strides=[1, 2, 2, 1], padding=padding, tolerance=(2e-3, 1e-3)))
        out.append(case(op, randoms((1, 2, 2, 1)), ksize=[1, 5, 5, 1], strides=[1, 1, 1, 1], padding='SAME', tolerance=few_ulps))
        out.append(fails(op, randoms((1, 2, 2, 1)), ksize=[1, 5, 5, 1], strides=[1, 1, 1, 1], padding='VALID'))
        out.append(fails(op, randoms((2, 2, 1)), ksize=[1, 2, 2, 1], strides=[1, 1, 1, 1], padding='VALID'))
        out.append(case(op, f32([[[[1], [-np.inf]], [[np.inf], [2]]]]), ksize=[1, 1, 2, 1], strides=[1, 1, 1, 1], padding='VALID'))
    for padding in ('SAME', 'VALID'):
        out.append(case('MaxPool', f32([[[[np.nan], [1]], [[1], [np.nan]]]]), ksize=[1, 1, 2, 1], strides=[1, 1, 1, 1], padding=padding))
        out.append(case('MaxPool', np.full((1, 2, 2, 1), -np.inf, np.float64), ksize=[1, 2, 2, 1], strides=[1, 1, 1, 1], padding=padding))
        out.append(case('MaxPool', np.full((1, 2, 2, 1), -np.inf, np.float16), ksize=[1, 2, 2, 1], strides=[1, 1, 1, 1], padding=padding))
    out.append(case('MaxPool', f32([[[[-np.inf], [-np.inf]], [[-1], [-2]]]]), ksize=[1, 1, 2, 1], strides=[1, 1, 1, 1], padding='SAME'))
    out.append(case('MaxPool', randoms((1, 4, 4, 2), np.int32, low=-9, high=9), ksize=[1, 2, 2, 1], strides=[1, 2, 2, 1], padding='VALID'))
    out.append(case('MaxPool', randoms((1, 5, 5, 2), np.uint8, low=0, high=255), ksize=[1, 3, 3, 1], strides=[1, 2, 2, 1], padding='SAME'))
    out.append(case('MaxPool', randoms((1, 4, 4, 1)), ksize=[1, 2, 2, 1], strides=[1, 1, 1, 1], padding='EXPLICIT', explicit_paddings=[0, 0, 1, 0, 0, 1, 0, 0]))
    return out

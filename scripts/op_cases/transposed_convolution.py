"""Transposed convolutions: strides above and below the kernel, both paddings, sizes that leave a rest."""
import numpy as np

from .case import case, fails, i32, randoms, sums


def spread(size, filters, gradient, padding, stride, dtype=np.float32, **attrs):
    return case('Conv2DBackpropInput', i32(size), randoms(filters, dtype), randoms(gradient, dtype, 'g'), strides=[1, *stride, 1], padding=padding, tolerance=sums, **attrs)


def cases():
    out = []
    for size, kernel, stride in (((6, 7), (3, 3), (2, 2)), ((5, 5), (2, 2), (1, 1)), ((7, 5), (2, 3), (3, 2)), ((6, 6), (2, 2), (3, 3)), ((4, 4), (1, 1), (1, 1)), ((1, 8), (1, 4), (1, 2))):
        for padding in ('SAME', 'VALID'):
            rows, columns = (-(-n // s) if padding == 'SAME' else -(-(n - k + 1) // s) for n, k, s in zip(size, kernel, stride))
            out.append(spread([2, *size, 3], (*kernel, 3, 2), (2, rows, columns, 2), padding, stride))
    out.append(spread([1, 4, 4, 2], (3, 3, 2, 2), (1, 4, 4, 2), 'SAME', (1, 1), np.float64))
    out.append(spread([4, 4], (3, 3, 2, 2), (1, 4, 4, 2), 'SAME', (1, 1)))
    out.append(spread([0, 4, 4, 2], (3, 3, 2, 2), (0, 4, 4, 2), 'SAME', (1, 1)))
    out.append(spread([1, 4, 5, 2], (3, 3, 2, 2), (1, 3, 4, 2), 'EXPLICIT', (2, 2), explicit_paddings=[0, 0, 1, 2, 3, 1, 0, 0]))
    out.append(fails('Conv2DBackpropInput', i32([1, 4, 4, 2]), randoms((3, 3, 2, 2)), randoms((1, 3, 4, 2)), strides=[1, 1, 1, 1], padding='SAME'))
    out.append(fails('Conv2DBackpropInput', i32([1, 4, 4, 2]), randoms((3, 3, 2, 2)), randoms((1, 4, 4, 3)), strides=[1, 1, 1, 1], padding='SAME'))
    out.append(fails('Conv2DBackpropInput', i32([1, 4, 4, 3]), randoms((3, 3, 2, 2)), randoms((1, 4, 4, 2)), strides=[1, 1, 1, 1], padding='SAME'))
    return out

"""BiasAdd in every rank and type."""
import numpy as np

from .case import case, fails, i64, randoms


def cases():
    out = []
    for op in ('BiasAdd', 'BiasAddV1'):
        for shape in ((2, 3), (2, 4, 3), (1, 2, 4, 3), (0, 3), (2, 0)):
            out.append(case(op, randoms(shape), randoms(shape[-1:], seed='b')))
        for dtype in (np.float64, np.int32, np.int64, np.uint8, np.float16):
            out.append(case(op, randoms((2, 3), dtype, low=0, high=200), randoms((3,), dtype, 'b', low=0, high=100)))
        out.append(fails(op, randoms((3,)), randoms((3,))))
        out.append(fails(op, randoms((2, 3)), randoms((2,))))
        out.append(fails(op, randoms((2, 3)), randoms((3, 1))))
    out.append(case('BiasAdd', i64([[2 ** 53, 2 ** 63 - 1]]), i64(1, 1)))
    return out

"""Logic on booleans and bits."""
import numpy as np

from .case import case, fails, integers, randoms


def cases():
    out = []
    for op in ('LogicalAnd', 'LogicalOr'):
        out.append(case(op, np.array([True, True, False, False]), np.array([True, False, True, False])))
        out.append(case(op, randoms((2, 3), np.bool_), randoms((3,), np.bool_, 'b')))
        out.append(case(op, np.zeros((0,), np.bool_), np.array(True)))
        out.append(fails(op, randoms((2,), np.bool_), randoms((3,), np.bool_)))
    out.append(case('LogicalNot', np.array([[True, False]])))
    for dtype in integers:
        limits = np.iinfo(dtype)
        a = np.array([limits.max, limits.min, 5, 6, 0], dtype)
        for op in ('BitwiseAnd', 'BitwiseOr', 'BitwiseXor'):
            out.append(case(op, a, np.array([1, limits.max, 3, 3, 9], dtype)))
        out.append(case('Invert', a))
    return out

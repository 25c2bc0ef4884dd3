"""Binary arithmetic: every type, overflow, zero divisors, signs, NaN and infinities, broadcasting with zero sizes."""
import ml_dtypes
import numpy as np

from .case import bfloat_ulp, case, f32, f64, fails, few_ulps, half_ulp, i32, i64, integers, randoms

nan, inf = np.nan, np.inf
specials = f32(0, -0.0, 1, -1, 0.5, -2.5, 3, inf, -inf, nan)
everything = np.meshgrid(specials, specials)
left, right = everything[0].reshape(-1), everything[1].reshape(-1)

exact = ('Add', 'AddV2', 'Sub', 'Mul', 'RealDiv', 'Div', 'Maximum', 'Minimum', 'SquaredDifference', 'DivNoNan', 'MulNoNan', 'FloorDiv', 'Mod', 'FloorMod', 'TruncateMod')
close = ('Pow', 'Atan2', 'Xdivy', 'Xlogy', 'Xlog1py')
whole = ('Add', 'AddV2', 'Sub', 'Mul', 'Maximum', 'Minimum', 'SquaredDifference')
divisions = ('Div', 'FloorDiv', 'TruncateDiv', 'FloorMod', 'Mod', 'TruncateMod')
# Integer kernels that TensorFlow registers; Div and the truncating rests exist for fewer types than the others.
rare = {'Mod': (np.int32, np.int64), 'TruncateMod': (np.int32, np.int64), 'SquaredDifference': (np.int32, np.int64),
        'FloorMod': integers, 'FloorDiv': integers, 'TruncateDiv': integers, 'Div': integers}


def shapes(op):
    """Broadcasting, for one op of each kind of loop."""
    for a, b in (((), ()), ((3,), ()), ((), (3,)), ((2, 3), (3,)), ((2, 1), (1, 3)), ((2, 1, 3, 1), (4, 1, 2)), ((0,), (1,)), ((0, 3), (3,)),
                 ((2, 0), ()), ((1,), (0, 2, 1)), ((2, 3, 4), (2, 1, 4)), ((1, 1, 1), (1,)), ((5, 4, 3), (1, 4, 1))):
        yield case(op, randoms(a, seed='a'), randoms(b, seed='b'))


def cases():
    out = []
    for op in exact:
        out.append(case(op, left, right))
        out.append(case(op, randoms((2, 3)), randoms((3,), seed='b')))
    for op in ('AddV2', 'RealDiv', 'Maximum', 'Pow', 'FloorDiv'):
        out.append(case(op, left.astype(np.float64), right.astype(np.float64), tolerance=few_ulps if op == 'Pow' else None))
        if op != 'FloorDiv':
            out.append(case(op, randoms((7,), np.float16), randoms((7,), np.float16, 'b'), tolerance=half_ulp if op == 'Pow' else None))
        if op not in ('Pow', 'FloorDiv'):
            out.append(case(op, randoms((7,), ml_dtypes.bfloat16), randoms((7,), ml_dtypes.bfloat16, 'b')))
    for op in close:
        out.append(case(op, left, right, tolerance=few_ulps))
        out.append(case(op, randoms((20,), low=0, high=4), randoms((20,), seed='b', low=0, high=4), tolerance=few_ulps))
    for op in whole:
        for dtype in rare.get(op, integers):
            limits = np.iinfo(dtype)
            out.append(case(op, np.array([limits.max, limits.min, limits.max, limits.min, 7, 100], dtype), np.array([1, 1, limits.max, limits.min, 2, 100], dtype)))
    for op in divisions:
        for dtype in rare.get(op, integers):
            limits = np.iinfo(dtype)
            negative = [-7, 7, -7, -6, limits.min + 1] if limits.min < 0 else [7, 8, 9, 6, limits.max]
            divisors = [2, -2, -2, 3, 2] if limits.min < 0 else [2, 3, 4, 3, 2]
            out.append(case(op, np.array(negative + [limits.max], dtype), np.array(divisors + [5], dtype)))
            out.append(fails(op, np.array([1, 2], dtype), np.array([1, 0], dtype)))
    for dtype in (np.int8, np.int16, np.int32, np.int64):
        out.append(case('Pow', np.array([2, -3, 0, 1, 3, -1, 10], dtype), np.array([5, 3, 0, 100, 40, 101, 9], dtype)))
        out.append(fails('Pow', np.array([2, 3], dtype), np.array([1, -1], dtype)))
    # Exact beyond 2**53, where a double would round.
    large = i64(2 ** 53 + 1, -(2 ** 53) - 1, 2 ** 62)
    for op in ('AddV2', 'Sub', 'Mul', 'Maximum', 'FloorDiv'):
        out.append(case(op, large, i64(1, 1, 1)))
    out.extend(shapes('AddV2'))
    out.extend(shapes('Maximum'))
    out.append(case('Mul', randoms((2, 1, 3), np.int64), randoms((4, 1), np.int64, 'b')))
    out.append(fails('AddV2', randoms((2, 3)), randoms((2,))))
    out.append(fails('Mul', i32([[1, 2]]), i32(1, 2, 3)))
    out.append(case('Sub', f64(1e300, -1e300), f64(-1e300, 1e300)))
    return out

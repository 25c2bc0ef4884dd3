"""Functions of one number: special values, negative arguments, ends of the domain, every type that has a kernel."""
import ml_dtypes
import numpy as np

from .case import case, f32, few_ulps, integers, randoms

edges = f32(0, -0.0, 0.5, -0.5, 1.5, -1.5, 2.5, -2.5, 1, -1, 1e-7, -1e-7, 3, -3, 10, -10, 30, 0.999, np.inf, -np.inf, np.nan)
exact = ('Abs', 'Neg', 'Sign', 'Square', 'Sqrt', 'Floor', 'Ceil', 'Round', 'Rint', 'IsNan', 'IsInf', 'IsFinite')
close = ('Rsqrt', 'Reciprocal', 'Inv', 'Exp', 'Expm1', 'Log', 'Log1p', 'Sin', 'Cos', 'Tan', 'Asin', 'Acos', 'Atan', 'Sinh', 'Cosh', 'Asinh', 'Acosh', 'Atanh', 'Erf', 'Erfc', 'Erfinv', 'Lgamma', 'Digamma')
# Near their zeros these lose relative digits in TensorFlow's own float32 routines.
loose = {'Lgamma': (3e-6, 3e-6), 'Digamma': (5e-6, 5e-6), 'Tan': (3e-6, 1e-6), 'Erfinv': (5e-6, 1e-6), 'Erfc': (3e-6, 1e-7), 'Atanh': (3e-6, 1e-7), 'Asinh': (3e-6, 1e-7), 'Sinh': (3e-6, 1e-7), 'Cosh': (3e-6, 1e-7)}
whole = ('Abs', 'Neg', 'Sign', 'Square', 'Floor', 'Ceil')


def cases():
    out = []
    for op in exact + close:
        tolerance = None if op in exact else loose.get(op, few_ulps)
        out.append(case(op, edges, tolerance=tolerance))
        out.append(case(op, edges.astype(np.float64), tolerance=tolerance))
        out.append(case(op, randoms((3, 5), low=-0.99 if op in ('Asin', 'Acos', 'Atanh', 'Erfinv') else 0.01), tolerance=tolerance))
        out.append(case(op, np.zeros((0, 2), np.float32)))
    for op in ('Abs', 'Neg', 'Sqrt', 'Square', 'Round', 'Floor', 'IsNan', 'Rsqrt', 'Exp', 'Log'):
        tolerance = (2e-3, 1e-6) if op in close else None
        out.append(case(op, edges.astype(np.float16), tolerance=tolerance))
        out.append(case(op, edges.astype(ml_dtypes.bfloat16), tolerance=(1e-2, 1e-6) if op in close else None))
    for op in whole:
        for dtype in integers:
            limits = np.iinfo(dtype)
            out.append(case(op, np.array([0, 1, 7, limits.max, limits.min, limits.min + 1], dtype)))
    return out

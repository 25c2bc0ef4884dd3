"""Activations: edges of every branch, infinities and NaN, saturation, empty rows."""
import ml_dtypes
import numpy as np

from .case import bfloat_ulp, case, f32, fails, few_ulps, i32, i64, randoms

# Several roundings to half within one op (exp, then minus one) leave an error of a unit in the last place of one, not of the result.
half_ulps = (4e-3, 1e-3)
edges = f32(0, -0.0, 1e-8, -1e-8, 0.5, -0.5, 1, -1, 6, 6.5, -6.5, 20, -20, 89, -89, 1000, -1000, np.inf, -np.inf, np.nan)
names = ('Relu', 'Relu6', 'LeakyRelu', 'Elu', 'Selu', 'Softplus', 'Softsign', 'Sigmoid', 'Tanh')
exact = ('Relu', 'Relu6', 'LeakyRelu')


def cases():
    out = []
    for op in names:
        tolerance = None if op in exact else few_ulps
        out.append(case(op, edges, tolerance=tolerance))
        out.append(case(op, randoms((3, 7), low=-8, high=8), tolerance=tolerance))
        out.append(case(op, randoms((9,), np.float64, low=-8, high=8), tolerance=tolerance))
        out.append(case(op, randoms((9,), np.float16, low=-8, high=8), tolerance=half_ulps))
        out.append(case(op, randoms((9,), ml_dtypes.bfloat16, low=-8, high=8), tolerance=bfloat_ulp))
        out.append(case(op, np.zeros((0, 3), np.float32)))
    for op in ('Relu', 'Relu6'):
        out.append(case(op, i32(-5, 0, 3, 6, 7, 2 ** 31 - 1, -2 ** 31)))
        out.append(case(op, i64(-5, 0, 3, 6, 7, 2 ** 62 + 1)))
        out.append(case(op, np.array([0, 5, 200], np.uint8)))
        out.append(case(op, np.array([-128, 5, 127], np.int8)))
    out.append(case('LeakyRelu', edges, alpha=0.01))
    out.append(case('LeakyRelu', edges, alpha=1.5))
    out.append(case('LeakyRelu', edges, alpha=-0.5))
    for op in ('Softmax', 'LogSoftmax'):
        out.append(case(op, randoms((4, 5)), tolerance=few_ulps))
        out.append(case(op, randoms((2, 3, 4), low=-50, high=50), tolerance=few_ulps))
        out.append(case(op, f32([1000, 1001, 999], [-1000, -1000, -1000], [88, -88, 0]), tolerance=few_ulps))
        out.append(case(op, f32([np.inf, 1, 2], [np.nan, 1, 2], [-np.inf, 0, 1], [-np.inf, -np.inf, -np.inf]), tolerance=few_ulps))
        out.append(case(op, randoms((5,)), tolerance=few_ulps))
        out.append(case(op, randoms((3, 1)), tolerance=few_ulps))
        out.append(case(op, np.zeros((0, 3), np.float32)))
        out.append(case(op, np.zeros((3, 0), np.float32)))
        out.append(case(op, randoms((2, 6), np.float64), tolerance=few_ulps))
        out.append(case(op, randoms((2, 6), np.float16), tolerance=half_ulps))
        out.append(fails(op, f32(1)))
    return out

"""Batch normalisation with given mean and variance."""
import numpy as np

from .case import case, f32, fails, randoms

# x - mean may cancel; the error is relative to the terms.
tolerance = (2e-6, 2e-6)


def channels(n, seed, low=-2):
    return randoms((n,), np.float32, seed, low)


def cases():
    out = []
    for op in ('FusedBatchNorm', 'FusedBatchNormV2', 'FusedBatchNormV3'):
        for shape in ((2, 3, 4, 5), (1, 1, 1, 3), (0, 2, 2, 3)):
            n = shape[3]
            out.append(case(op, randoms(shape), channels(n, 's'), channels(n, 'o'), channels(n, 'm'), channels(n, 'v', 0.1), is_training=False, tolerance=tolerance, outputs=1))
        out.append(case(op, randoms((1, 2, 2, 3)), channels(3, 's'), channels(3, 'o'), channels(3, 'm'), f32(0, 1, 1e-9), is_training=False, epsilon=0.001, tolerance=tolerance, outputs=1))
        out.append(fails(op, randoms((1, 2, 2, 3)), channels(2, 's'), channels(3, 'o'), channels(3, 'm'), channels(3, 'v'), is_training=False))
        out.append(fails(op, randoms((2, 2, 3)), channels(3, 's'), channels(3, 'o'), channels(3, 'm'), channels(3, 'v'), is_training=False))
    out.append(case('FusedBatchNormV3', randoms((1, 2, 2, 3), np.float16), channels(3, 's'), channels(3, 'o'), channels(3, 'm'), channels(3, 'v', 0.1),
                    is_training=False, tolerance=(2e-3, 2e-3), outputs=1))
    return out

"""Cast between all types: what does not fit, NaN, rounding to nearest even, 64-bit integers that a double cannot hold."""
import ml_dtypes
import numpy as np

from .case import case, f32, f64

reals = (np.float32, np.float64, np.float16, ml_dtypes.bfloat16)
wholes = (np.int8, np.int16, np.int32, np.int64, np.uint8, np.uint16, np.uint32, np.uint64, np.bool_)


def cases():
    out = []
    # Inside every type's range: exact everywhere.
    for source in (*reals, *wholes):
        for target in (*reals, *wholes):
            values = [0, 1, 5, 100, 127] if source != np.bool_ else [0, 1, 1]
            out.append(case('Cast', np.array(values).astype(source), DstT=target))
    fractions = f32(0.5, -0.5, 1.9, -1.9, 2.5, -0.0, 127.9)
    for target in (np.int8, np.int16, np.int32, np.int64, np.float16, ml_dtypes.bfloat16, np.bool_):
        out.append(case('Cast', fractions, DstT=target))
        out.append(case('Cast', fractions.astype(np.float64), DstT=target))
    odd = (np.nan, np.inf, -np.inf, 3e9, -3e9, 2147483647.0, 2147483648.0, -2147483648.0, 1e20, -1e20, 9.3e18)
    for target in (np.int32, np.int64, np.uint8, np.int8, np.int16, np.uint16, np.bool_, np.float16, ml_dtypes.bfloat16):
        out.append(case('Cast', f32(*odd), DstT=target))
        out.append(case('Cast', f64(*odd, -2147483648.5, -2147483649.0, 2147483647.5), DstT=target))
    # TensorFlow answers differently in the vectorised and in the last elements for what does not fit unsigned words, so only what fits is recorded.
    for target in (np.uint32, np.uint64):
        out.append(case('Cast', f32(3e9, 2147483648.0, 4294967040.0, 0.99), DstT=target))
        out.append(case('Cast', f64(3e9, 2147483648.5, 4294967295.0, 0.99), DstT=target))
    out.append(case('Cast', f64(9.3e18, 1.8e19), DstT=np.uint64))
    out.append(case('Cast', f32(-1, -1.5, -200), DstT=np.uint8))
    large = np.array([2 ** 53 + 1, -(2 ** 53) - 1, 2 ** 63 - 1, -2 ** 63, 2 ** 24 + 1, 2 ** 40 + 2 ** 16, 2 ** 40 + 2 ** 16 + 1, 3 * 2 ** 60 // 2 + 2 ** 37, -1, 2 ** 31, 2 ** 62 + 2 ** 38 + 1])
    for target in (*reals, *wholes):
        out.append(case('Cast', large, DstT=target))
        out.append(case('Cast', large.astype(np.uint64), DstT=target))
        out.append(case('Cast', np.array([-1, -128, 2 ** 31 - 1, -2 ** 31, 70000, 16777217], np.int32), DstT=target))
        out.append(case('Cast', np.array([2 ** 32 - 1, 2 ** 31, 16777217], np.uint32), DstT=target))
    # Ties and the ends of the half-width types.
    patterns = np.concatenate([np.arange(0, 0x10000, 1021), [1, 2, 0x3ff, 0x400, 0x7bff, 0x7c00, 0x7e00, 0x8000, 0xfc00]]).astype(np.uint16)
    out.append(case('Cast', patterns.view(np.float16), DstT=np.float32))
    out.append(case('Cast', patterns.view(ml_dtypes.bfloat16), DstT=np.float32))
    ties = np.concatenate([patterns.view(np.float16).astype(np.float32) * np.float32(1 + 2 ** -12), f32(2049, 2051, 65519.996, 65520, 6e-8, 3e-8, 2.98e-8, 2.99e-8, 1e-7, 8.95e-8, 6.097e-5, 1e-45)])
    out.append(case('Cast', ties, DstT=np.float16))
    out.append(case('Cast', ties, DstT=ml_dtypes.bfloat16))
    out.append(case('Cast', np.zeros((0, 2), np.float32), DstT=np.int64))
    return out

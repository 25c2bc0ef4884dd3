"""Convolutions: SAME with a stride above the kernel and with dilation, explicit padding, groups, kernels larger than the picture."""
import numpy as np

from .case import case, fails, randoms, sums

half_sums = (4e-3, 4e-3)


def conv(shape, filters, padding='SAME', stride=(1, 1), dilation=(1, 1), explicit=None, dtype=np.float32, op='Conv2D', tolerance=sums):
    attrs = {'explicit_paddings': explicit} if explicit else {}
    return case(op, randoms(shape, dtype), randoms(filters, dtype, 'filter'), strides=[1, *stride, 1], dilations=[1, *dilation, 1],
                padding=padding, tolerance=half_sums if dtype == np.float16 else tolerance, **attrs)


def cases():
    out = []
    for padding in ('SAME', 'VALID'):
        for stride in ((1, 1), (2, 2), (3, 2), (4, 5)):
            out.append(conv((2, 5, 6, 3), (3, 3, 3, 4), padding, stride))
            out.append(conv((1, 5, 6, 2), (2, 1, 2, 5), padding, stride))
            out.append(conv((1, 7, 4, 2), (1, 1, 2, 3), padding, stride))
        out.append(conv((1, 7, 8, 2), (3, 3, 2, 3), padding, dilation=(2, 2)))
        out.append(conv((1, 9, 8, 2), (2, 3, 2, 3), padding, dilation=(3, 2)))
        out.append(conv((1, 9, 8, 2), (3, 2, 2, 3), padding, stride=(2, 2), dilation=(2, 3)))
        out.append(conv((2, 4, 4, 6), (3, 3, 2, 9), padding))
        out.append(conv((1, 4, 4, 4), (1, 1, 2, 6), padding))
        out.append(conv((1, 1, 9, 2), (1, 4, 2, 3), padding, stride=(1, 2)))
        out.append(conv((0, 4, 4, 2), (3, 3, 2, 3), padding))
        for dtype in (np.float64, np.float16):
            out.append(conv((1, 4, 5, 2), (3, 2, 2, 3), padding, dtype=dtype))
        for stride in ((1, 1), (2, 2), (3, 3)):
            out.append(conv((2, 6, 5, 3), (3, 2, 3, 1), padding, stride, op='DepthwiseConv2dNative'))
            out.append(conv((1, 6, 5, 2), (3, 3, 2, 4), padding, stride, op='DepthwiseConv2dNative'))
        out.append(conv((1, 6, 7, 2), (3, 3, 2, 2), padding, dtype=np.float64, op='DepthwiseConv2dNative'))
    out.append(conv((1, 2, 2, 1), (5, 5, 1, 2), 'SAME'))
    out.append(conv((1, 4, 5, 2), (3, 3, 2, 3), 'EXPLICIT', explicit=[0, 0, 2, 0, 1, 3, 0, 0]))
    out.append(conv((1, 4, 5, 2), (3, 3, 2, 3), 'EXPLICIT', stride=(2, 3), dilation=(1, 2), explicit=[0, 0, 1, 4, 3, 1, 0, 0]))
    out.append(conv((1, 4, 5, 2), (1, 1, 2, 3), 'EXPLICIT', explicit=[0, 0, 1, 1, 0, 2, 0, 0]))
    out.append(conv((1, 4, 5, 2), (3, 3, 2, 1), 'EXPLICIT', explicit=[0, 0, 1, 2, 1, 2, 0, 0], op='DepthwiseConv2dNative'))
    # More pixels than one buffer of patches holds; each sum has 648 terms of up to 9.
    out.append(conv((1, 12, 12, 8), (9, 9, 8, 2), 'SAME', tolerance=(2e-6, 1e-4)))
    basic = {'strides': [1, 1, 1, 1], 'padding': 'VALID'}
    out.append(fails('Conv2D', randoms((1, 2, 2, 1)), randoms((5, 5, 1, 2)), **basic))
    out.append(fails('Conv2D', randoms((1, 4, 4, 3)), randoms((3, 3, 2, 4)), **basic))
    out.append(fails('Conv2D', randoms((1, 4, 4, 4)), randoms((3, 3, 2, 5)), **basic))
    out.append(fails('Conv2D', randoms((4, 4, 3)), randoms((3, 3, 3, 4)), **basic))
    out.append(fails('Conv2D', randoms((1, 4, 4, 3)), randoms((3, 3, 12)), **basic))
    out.append(fails('DepthwiseConv2dNative', randoms((1, 4, 4, 3)), randoms((3, 3, 2, 1)), **basic))
    out.append(fails('DepthwiseConv2dNative', randoms((1, 2, 2, 1)), randoms((5, 5, 1, 1)), **basic))
    return out

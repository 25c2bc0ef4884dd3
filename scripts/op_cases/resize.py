"""Pictures resized: each alignment, up and down, to and from one pixel, integer pictures."""
import numpy as np

from .case import case, fails, few_ulps, i32, randoms

alignments = ({}, {'align_corners': True}, {'half_pixel_centers': True})
sizes = ((4, 5), (8, 10), (2, 3), (1, 1), (7, 3), (3, 11))


def cases():
    out = []
    for attrs in alignments:
        for size in sizes:
            out.append(case('ResizeBilinear', randoms((1, 4, 5, 2)), i32(size), tolerance=(2e-6, 2e-6), **attrs))
            out.append(case('ResizeNearestNeighbor', np.arange(20, dtype=np.int32).reshape(1, 4, 5, 1), i32(size), **attrs))
        out.append(case('ResizeBilinear', randoms((2, 1, 1, 3)), i32([2, 2]), tolerance=few_ulps, **attrs))
        out.append(case('ResizeBilinear', randoms((1, 3, 3, 1), np.uint8, low=0, high=255), i32([5, 4]), tolerance=few_ulps, **attrs))
        out.append(case('ResizeBilinear', randoms((1, 3, 3, 1), np.float64), i32([5, 4]), tolerance=few_ulps, **attrs))
        for dtype in (np.float32, np.uint8, np.int64, np.float64, np.float16):
            out.append(case('ResizeNearestNeighbor', randoms((2, 3, 2, 2), dtype, low=0, high=99), i32([4, 5]), **attrs))
        # Scales whose products fall next to whole numbers.
        out.append(case('ResizeNearestNeighbor', np.arange(10, dtype=np.int32).reshape(1, 1, 10, 1), i32([1, 33]), **attrs))
        out.append(case('ResizeNearestNeighbor', np.arange(30, dtype=np.int32).reshape(1, 1, 30, 1), i32([1, 7]), **attrs))
        out.append(case('ResizeBilinear', np.zeros((0, 3, 3, 1), np.float32), i32([5, 4]), **attrs))
    for op in ('ResizeBilinear', 'ResizeNearestNeighbor'):
        out.append(fails(op, randoms((1, 2, 2, 1)), i32([0, 3])))
        out.append(fails(op, randoms((2, 2, 1)), i32([3, 3])))
        out.append(fails(op, randoms((1, 2, 2, 1)), i32([3, 3, 3])))
        out.append(fails(op, np.zeros((1, 0, 2, 1), np.float32), i32([3, 3])))
        out.append(fails(op, randoms((1, 2, 2, 1)), i32([3, 3]), align_corners=True, half_pixel_centers=True))
    return out

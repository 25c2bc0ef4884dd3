"""TopK with ties, Where, Unique, buckets at their boundaries, counts."""
import numpy as np

from .case import case, f32, f64, fails, i32, i64, integers, randoms, text

nan = np.nan


def cases():
    out = []
    for k in (0, 1, 3, 6):
        out.append(case('TopKV2', randoms((2, 2, 6)), i32(k)))
    out.append(case('TopKV2', f32([1, 3, 3, 2, 3], [5, 5, 5, 5, 5]), i32(3)))
    out.append(case('TopKV2', f32([1, 3, 3, 2, 3], [5, 5, 5, 5, 5]), i32(1)))
    out.append(case('TopKV2', f32([np.inf, -np.inf, 0, -0.0]), i32(4)))
    for dtype in (*integers, np.float64):
        out.append(case('TopKV2', randoms((9,), dtype, low=0, high=5), i32(4)))
    out.append(case('TopKV2', i64([2 ** 53, 2 ** 53 + 1, -5]), i32(2)))
    out.append(case('TopKV2', np.zeros((0, 4), np.float32), i32(2)))
    out.append(fails('TopKV2', randoms((2, 3)), i32(4)))
    out.append(fails('TopKV2', randoms((2, 3)), i32(-1)))
    out.append(fails('TopKV2', f32(3), i32(1)))
    for dtype in (np.bool_, np.float32, np.int32, np.int64, np.uint8):
        out.append(case('Where', randoms((3, 4), dtype, low=0, high=2)))
    out.append(case('Where', f32(0, -0.0, nan, 1)))
    out.append(case('Where', np.array([True, False, True])))
    out.append(case('Where', np.zeros((2, 3), np.bool_)))
    out.append(case('Where', np.zeros((0, 3), np.bool_)))
    out.append(case('Where', np.ones((2, 1, 2), np.bool_)))
    out.append(fails('Where', np.array(True)))
    for op in ('Unique', 'UniqueWithCounts'):
        out.append(case(op, i32([3, 1, 3, 2, 1])))
        out.append(case(op, i64([2 ** 60, 1, 2 ** 60]), out_idx=np.int64))
        out.append(case(op, f32(1, 2, 1, 0, -0.0)))
        out.append(case(op, text('b', 'a', 'b', '')))
        out.append(case(op, np.zeros((0,), np.int32)))
        out.append(fails(op, i32([[1, 2]])))
    for dtype in (np.float32, np.float64, np.int32, np.int64):
        out.append(case('Bucketize', np.array([[-5, 0, 1], [2, 10, 11]], dtype), boundaries=[0, 1, 10]))
    out.append(case('Bucketize', f32(0.1, 0.3, 0.29999998, nan, np.inf, -np.inf), boundaries=[0.1, 0.3]))
    out.append(case('Bucketize', f64(0.1, 0.3, 0.30000001), boundaries=[0.1, 0.3]))
    out.append(case('Bucketize', f32(1, 2), boundaries=[]))
    out.append(case('Bucketize', f32(1, 2, 3), boundaries=[2, 2]))
    for weights in (np.array([], np.float32), f32(0.5, 1, 2, 4, 8)):
        out.append(case('Bincount', i32([0, 2, 2, 1, 9]), i32(4), weights))
        for binary in (False, True):
            out.append(case('DenseBincount', i32([0, 2, 2, 1, 9]), i32(4), weights, binary_output=binary))
            out.append(case('DenseBincount', i64([0, 2, 2, 1, 9]), i64(4), weights, binary_output=binary))
    for binary in (False, True):
        out.append(case('DenseBincount', i32([[0, 1, 1], [3, 3, 0]]), i32(4), np.array([], np.int64), binary_output=binary))
        out.append(case('DenseBincount', i32([[0, 1, 1], [3, 3, 0]]), i32(4), randoms((2, 3)), binary_output=binary, tolerance=(1e-6, 1e-6)))
        out.append(case('DenseBincount', np.zeros((2, 0), np.int32), i32(3), np.array([], np.float32), binary_output=binary))
    out.append(case('DenseBincount', i32([0, 1]), i32(0), np.array([], np.float32)))
    out.append(fails('DenseBincount', i32([0, -1]), i32(4), np.array([], np.float32)))
    out.append(fails('DenseBincount', i32([0, 1]), i32(-1), np.array([], np.float32)))
    out.append(fails('DenseBincount', i32([0, 1]), i32(4), f32([1, 2, 3])))
    out.append(fails('Bincount', i32([0, -1]), i32(4), np.array([], np.float32)))
    return out

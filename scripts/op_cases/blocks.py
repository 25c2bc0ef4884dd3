"""Blocks of pixels between space, depth and batch."""
import numpy as np

from .case import case, fails, i32, i64, randoms


def cases():
    out = []
    for block in (2, 3):
        for dtype in (np.float32, np.int32, np.uint8):
            out.append(case('DepthToSpace', np.arange(block * block * 12).reshape(1, 2, 3, block * block * 2).astype(dtype), block_size=block))
            out.append(case('SpaceToDepth', np.arange(block * block * 12).reshape(1, 2 * block, 3 * block, 2).astype(dtype), block_size=block))
    out.append(fails('DepthToSpace', randoms((1, 2, 2, 3)), block_size=2))
    out.append(fails('SpaceToDepth', randoms((1, 3, 2, 3)), block_size=2))
    out.append(fails('DepthToSpace', randoms((2, 2, 4)), block_size=2))
    value = np.arange(48, dtype=np.int32).reshape(2, 4, 6, 1)
    out.append(case('SpaceToBatchND', value, i32([2, 3]), i32([[0, 0], [0, 0]])))
    out.append(case('SpaceToBatchND', value, i64([2, 2]), i64([[1, 1], [2, 0]])))
    out.append(case('SpaceToBatchND', randoms((2, 5)), i32([3]), i32([[0, 1]])))
    out.append(fails('SpaceToBatchND', value, i32([3, 2]), i32([[0, 0], [0, 0]])))
    out.append(fails('SpaceToBatchND', value, i32([2, 2]), i32([[-2, 0], [0, 0]])))
    batches = np.arange(72, dtype=np.int32).reshape(6, 2, 3, 2)
    out.append(case('BatchToSpaceND', batches, i32([2, 3]), i32([[0, 0], [0, 0]])))
    out.append(case('BatchToSpaceND', batches, i32([3, 1]), i32([[1, 2], [0, 1]])))
    out.append(case('BatchToSpaceND', randoms((4, 3)), i32([2]), i32([[1, 0]])))
    out.append(fails('BatchToSpaceND', batches, i32([4, 1]), i32([[0, 0], [0, 0]])))
    out.append(fails('BatchToSpaceND', batches, i32([2, 3]), i32([[3, 3], [0, 0]])))
    for each in out:
        each.ranked = each.op.endswith('ND')
    return out

"""Reading by index: batches, axes, and every kind of index that is out of range."""
import numpy as np

from .case import Ref, Sequence, case, f32, fails, i32, i64, randoms, text


def variable(value, *steps):
    """A variable holding the value, then the steps on its handle."""
    return Sequence([case('VarHandleOp', dtype=value.dtype, shape=value.shape, name='v'), case('AssignVariableOp', Ref(0), value), *steps])


def cases():
    out = []
    params = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
    for axis in (0, 1, 2, -1, -3):
        out.append(case('GatherV2', params, i32([1, 0, 1]), i32(axis)))
        out.append(case('GatherV2', params, i64([[1], [0]]), i64(axis)))
    out.append(case('GatherV2', params, i32(1), i32(1)))
    out.append(case('GatherV2', params, np.zeros((0,), np.int32), i32(1)))
    out.append(case('GatherV2', params, np.zeros((2, 0), np.int64), i32(0)))
    out.append(case('GatherV2', np.zeros((3, 0), np.float32), i32([2, 1]), i32(0)))
    out.append(case('GatherV2', text('a', 'b', 'c'), i32([2, 0]), i32(0)))
    out.append(case('GatherV2', randoms((5, 40)), i32([4, 0]), i32(0)))
    out.append(case('GatherV2', i64([2 ** 60, 5]), i32([0, 1, 0]), i32(0)))
    out.append(case('Gather', params, i32([1, 0])))
    for batch, axis, indices in ((1, 1, [[0, 2], [1, 1]]), (1, 2, [[0, 3], [1, 2]]), (-1, 1, [[0], [2]]), (2, 2, [[0, 1, 2], [3, 2, 1]]), (1, -1, [[3], [0]])):
        out.append(case('GatherV2', params, i32(indices), i32(axis), batch_dims=batch if batch >= 0 else 1))
    out.append(case('GatherV2', params, i32([0, 2]), i32(1), batch_dims=-1))
    for bad in ([3], [0, -1], [[0, 1], [2, 5]], [-4]):
        out.append(fails('GatherV2', params, i32(bad), i32(0)))
        out.append(fails('GatherV2', params, i64(bad), i32(1)))
    out.append(fails('GatherV2', params, i32(7), i32(0)))
    out.append(fails('GatherV2', params, i32([0]), i32(3)))
    out.append(fails('GatherV2', np.zeros((0, 3), np.float32), i32([0]), i32(0)))
    out.append(fails('GatherV2', params, i32([[0, 1]]), i32(1), batch_dims=1))
    out.append(fails('GatherV2', params, i32([[0], [1]]), i32(0), batch_dims=1))
    for indices in ([[0], [1]], [[1, 2]], [[0, 1, 2], [1, 2, 3]], [[[0, 0]], [[1, 1]]], [0], [1, 2, 3]):
        out.append(case('GatherNd', params, i32(indices)))
        out.append(case('GatherNd', params, i64(indices)))
    out.append(case('GatherNd', params, np.zeros((2, 0), np.int32)))
    out.append(case('GatherNd', params, np.zeros((0, 2), np.int32)))
    out.append(case('GatherNd', text('a', 'b', 'c'), i32([[2], [0]])))
    out.append(fails('GatherNd', params, i32([[0, 3]])))
    out.append(fails('GatherNd', params, i32([[0, 1], [1, -1]])))
    out.append(fails('GatherNd', params, i32([[0, 1, 2, 0]])))
    out.append(fails('GatherNd', f32(1), i32([[0]])))
    for perm in ([0], [2, 0, 1], []):
        out.append(case('InvertPermutation', i32(np.array(perm, np.int32))))
    out.append(case('InvertPermutation', i64([1, 2, 0])))
    out.append(fails('InvertPermutation', i32([0, 0])))
    out.append(fails('InvertPermutation', i32([0, 2])))
    out.append(fails('InvertPermutation', i32([[0]])))
    out.append(variable(params, case('ResourceGather', Ref(0), i32([1, 0]), dtype=np.float32),
                        case('ResourceGather', Ref(0), i64([[0, 0]]), dtype=np.float32),
                        case('ResourceGather', Ref(0), i32([[0, 2], [1, 1]]), dtype=np.float32, batch_dims=1),
                        case('ResourceGatherNd', Ref(0), i32([[0, 2], [1, 1]]), dtype=np.float32),
                        case('ResourceGatherNd', Ref(0), i32([[0, 2, 3]]), dtype=np.float32)))
    out.append(variable(params, fails('ResourceGather', Ref(0), i32([1, 2]), dtype=np.float32)))
    out.append(variable(params, fails('ResourceGather', Ref(0), i32([-1]), dtype=np.float32)))
    out.append(variable(params, fails('ResourceGatherNd', Ref(0), i32([[0, 3]]), dtype=np.float32)))
    return out

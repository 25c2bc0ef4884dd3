"""Einsum as attention and dense layers of any rank use it."""
import numpy as np

from .case import case, fails, randoms, sums


def cases():
    out = []
    sizes = {'a': 2, 'b': 3, 'c': 4, 'd': 5, 'e': 2, 'B': 2, 'T': 3, 'S': 4, 'N': 2, 'H': 5}
    for equation in ('ab,bc->ac', 'abc,cd->abd', 'abc,cde->abde', 'abde,dec->abc', 'BTNH,BSNH->BNTS', 'BNTS,BSNH->BTNH', 'ab,ab->ab', 'ab,ab->', 'a,b->ab', 'a,b->ba',
                     'ab,cb->ac', 'ab,cb->ca', 'abc,ac->ab', 'ab->ba', 'ab->a', 'ab->b', 'abc->', 'abc->cab', 'ab,bc->a', 'ab,c->ac'):
        operands = equation.split('->')[0].split(',')
        out.append(case('Einsum', [randoms([sizes[label] for label in labels], seed=str(i)) for i, labels in enumerate(operands)], equation=equation, tolerance=sums))
    out.append(case('Einsum', [randoms((2, 3), np.int32), randoms((3, 2), np.int32, 'b')], equation='ab,bc->ac'))
    out.append(case('Einsum', [randoms((2, 3), np.int64), randoms((3, 2), np.int64, 'b')], equation='ab,bc->ac'))
    out.append(case('Einsum', [randoms((2, 3), np.float64), randoms((3, 2), np.float64, 'b')], equation='ab,bc->ac', tolerance=sums))
    out.append(case('Einsum', [randoms((2, 0)), randoms((0, 2))], equation='ab,bc->ac'))
    out.append(case('Einsum', [randoms((0, 2)), randoms((2, 2))], equation='ab,bc->ac'))
    out.append(fails('Einsum', [randoms((2, 3)), randoms((2, 2))], equation='ab,bc->ac'))
    out.append(fails('Einsum', [randoms((2, 3, 1)), randoms((3, 2))], equation='ab,bc->ac'))
    return out

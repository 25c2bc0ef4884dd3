"""What a recorded case is, and seeded inputs for them."""
import dataclasses
import zlib
from typing import Any

import numpy as np

# Computed by another, equally good float32 routine: a few units in the last place (2**-23 = 1.2e-7).
few_ulps = (1e-6, 1e-7)
# Sums of many float32 products in another order: the error grows with their number and is relative to the terms, not to the sum.
sums = (2e-6, 2e-6)
# One unit in the last place of a half (2**-10) or a bfloat16 (2**-7), where the float32 routines differ.
half_ulp = (2e-3, 1e-6)
bfloat_ulp = (1e-2, 1e-6)


@dataclasses.dataclass
class Case:
    """One op on these inputs (arrays; a list for a list argument). tolerance: (relative, absolute), None for exact equality."""
    op: str
    inputs: list
    attrs: dict = dataclasses.field(default_factory=dict)
    tolerance: Any = None
    error: bool = False
    name: str = ''
    # How many outputs count, where TensorFlow leaves the others uninitialised.
    outputs: int = 100
    # Whether the placeholders' ranks and the sizes of vectors must be known to build the graph.
    ranked: bool = False


@dataclasses.dataclass
class Ref:
    """Output of an earlier step of the same sequence."""
    step: int
    output: int = 0


@dataclasses.dataclass
class Sequence:
    """Steps that share a session, for ops with state."""
    steps: list


def case(op, *inputs, tolerance=None, error=False, name='', outputs=100, **attrs):
    return Case(op, list(inputs), attrs, tolerance, error, name, outputs)


def fails(op, *inputs, **attrs):
    """A case that TensorFlow refuses."""
    return Case(op, list(inputs), attrs, None, True)


def f32(*values):
    return np.array(values[0] if len(values) == 1 else values, np.float32)


def f64(*values):
    return np.array(values[0] if len(values) == 1 else values, np.float64)


def i32(*values):
    return np.array(values[0] if len(values) == 1 else values, np.int32)


def i64(*values):
    return np.array(values[0] if len(values) == 1 else values, np.int64)


def text(*values):
    return np.array([v if isinstance(v, bytes) else v.encode() for v in (values[0] if len(values) == 1 and isinstance(values[0], list) else values)], object)


def randoms(shape, dtype=np.float32, seed='', low=-3, high=3):
    """Uniform between low and high, the same on every run; whole numbers for integer types."""
    generator = np.random.default_rng(zlib.crc32(f'{shape}{np.dtype(dtype)}{seed}'.encode()))
    if np.dtype(dtype) == np.bool_:
        return generator.random(shape) < 0.5
    if np.issubdtype(dtype, np.integer):
        return generator.integers(low, high, shape, endpoint=True).astype(dtype)
    return generator.uniform(low, high, shape).astype(dtype)


integers = (np.int8, np.int16, np.int32, np.int64, np.uint8, np.uint16, np.uint32, np.uint64)

"""Records edge cases of TensorFlow's CPU kernels into test/fixtures/ops/<family>.json; the families' cases stand in op_cases/.

Usage: python scripts/record-op-cases.py [family ...]     (all families without an argument; needs tensorflow-cpu 2.18 and numpy)

Each case becomes a graph of its own with placeholders of unknown shape, so that the kernel and not shape inference judges the input,
and is run without graph optimisation and without oneDNN. What is recorded is the NodeDef's attributes (those that differ from the op's
defaults, as a SavedModel leaves defaults out), the inputs, and the outputs or the error's code and message.
"""
import base64
import importlib
import json
import os
import pathlib
import re
import sys
import tempfile

os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')
os.environ['TF_ENABLE_ONEDNN_OPTS'] = '0'

import numpy as np
import tensorflow as tf
from tensorflow.core.framework import types_pb2
from tensorflow.python.framework import op_def_library, op_def_registry

here = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(here))
from op_cases.case import Case, Ref, Sequence  # noqa: E402

target = here.parent / 'test' / 'fixtures' / 'ops'
families = sorted(path.stem for path in (here / 'op_cases').glob('*.py') if path.stem != 'case')
# Longer data is written as base64 of its little-endian bytes.
longest_list = 16
complaints = []


def tensor_json(value, dtype=None):
    """A tensor as {dtype, shape, data}."""
    array = np.asarray(value)
    if dtype is None:
        dtype = types_pb2.DataType.Name(tf.as_dtype(array.dtype).as_datatype_enum) if array.dtype != object else 'DT_STRING'
    out = {'dtype': dtype, 'shape': list(array.shape)}
    flat = array.reshape(-1)
    if dtype == 'DT_STRING':
        # Names of temporary files are told as an author's machine would have them.
        out['data'] = [(v if isinstance(v, bytes) else str(v).encode()).decode('latin-1').replace(tempfile.gettempdir(), '/home') for v in flat.tolist()]
        return out
    if dtype in ('DT_HALF', 'DT_BFLOAT16'):
        flat = flat.view(np.uint16)
    if flat.size > longest_list:
        out['base64'] = base64.b64encode(np.ascontiguousarray(flat).astype(flat.dtype.newbyteorder('<')).tobytes()).decode()
    elif dtype in ('DT_FLOAT', 'DT_DOUBLE'):
        out['data'] = [number_json(v) for v in flat]
    else:
        out['data'] = [int(v) if abs(int(v)) < 2 ** 53 else str(int(v)) for v in flat]
    return out


def number_json(value):
    """The shortest decimal that reads back as the same float."""
    if np.isnan(value):
        return 'NaN'
    if np.isinf(value):
        return 'Infinity' if value > 0 else '-Infinity'
    number = float(str(value))
    return int(number) if number.is_integer() and abs(number) < 1e15 and not (number == 0 and np.signbit(value)) else number


def attr_json(value):
    kind = value.WhichOneof('value')
    if kind == 'type':
        return {'type': types_pb2.DataType.Name(value.type)}
    if kind == 'shape':
        return {'shape': shape_json(value.shape)}
    if kind == 's':
        return {'s': value.s.decode('latin-1')}
    if kind == 'list':
        items = value.list
        if items.type:
            return {'types': [types_pb2.DataType.Name(v) for v in items.type]}
        if items.shape:
            return {'shapes': [shape_json(v) for v in items.shape]}
        if items.s:
            return {'strings': [v.decode('latin-1') for v in items.s]}
        if items.f:
            return {'floats': [number_json(np.float32(v)) for v in items.f]}
        return {'ints': list(items.i)}
    if kind == 'f':
        return {'f': number_json(np.float32(value.f))}
    if kind in ('i', 'b'):
        return {kind: getattr(value, kind)}
    raise ValueError(f'attribute kind {kind}')


def python_value(value):
    """An attribute's value as the op helper takes it."""
    kind = value.WhichOneof('value')
    if kind == 'shape':
        return value.shape
    if kind == 'list':
        return list(value.list.type) or list(value.list.i) or list(value.list.f) or list(value.list.s) or list(value.list.shape)
    return getattr(value, kind)


def shape_json(shape):
    return None if shape.unknown_rank else [d.size for d in shape.dim]


def attrs_json(node, op_def):
    """All attributes that differ from the op's default."""
    defaults = {a.name: a.default_value for a in op_def.attr if a.HasField('default_value')}
    return {name: attr_json(value) for name, value in sorted(node.attr.items())
            if not name.startswith('_') and not (name in defaults and defaults[name] == value)}


def placeholder(value, feed, ranked):
    array = np.asarray(value)
    dtype = tf.string if array.dtype == object or array.dtype.kind in 'SU' else tf.as_dtype(array.dtype)
    node = tf.compat.v1.placeholder(dtype, (array.shape if array.ndim == 1 else [None] * array.ndim) if ranked else None)
    feed[node] = array
    return node


def build(step, operands):
    """Adds the op to the current graph. operands: graph tensors, or lists of them for list arguments."""
    op_def = op_def_registry.get(step.op)
    names = [arg.name for arg in op_def.input_arg]
    # The helper fills in no defaults; those that the inputs' types do not imply are given here.
    implied = {attr for arg in op_def.input_arg for attr in (arg.type_attr, arg.number_attr, arg.type_list_attr)}
    defaults = {attr.name: python_value(attr.default_value) for attr in op_def.attr if attr.HasField('default_value') and attr.name not in implied}
    _, _, operation, _ = op_def_library._apply_op_helper(step.op, name=step.name or step.op, **dict(zip(names, operands)), **{**defaults, **step.attrs})
    return operation, op_def


def describe(step, operation, op_def):
    out = {'op': step.op}
    if step.name:
        out['name'] = step.name
    attrs = attrs_json(operation.node_def, op_def)
    if attrs:
        out['attrs'] = attrs
    return out


def flatten(values):
    return [v for value in values for v in (value if isinstance(value, list) else [value])]


def run(session, operation, feed, out, tolerance, most):
    """Fills in the outputs, or the error."""
    handles = [tensor.dtype in (tf.resource, tf.variant) for tensor in operation.outputs]
    try:
        fetched = session.run([operation if not operation.outputs else [t for t, handle in zip(operation.outputs, handles) if not handle] or operation], feed)[0]
    except tf.errors.OpError as error:
        out['error'] = {'code': error.error_code, 'message': re.sub("^Graph execution error:.*?\nNode: '[^']*'\n", '', error.message, flags=re.S).split('\n\t [[')[0].replace(tempfile.gettempdir(), '/home')[:200]}
        return None
    fetched = iter(fetched if operation.outputs and not all(handles) else [])
    values = [None if handle else next(fetched) for handle in handles]
    out['outputs'] = ['handle' if handle else tensor_json(value, types_pb2.DataType.Name(tensor.dtype.as_datatype_enum))
                      for handle, value, tensor in zip(handles, values, operation.outputs)][:most]
    if tolerance:
        out['tolerance'] = list(tolerance)
    return values


def session_for(graph):
    config = tf.compat.v1.ConfigProto()
    config.graph_options.rewrite_options.disable_meta_optimizer = True
    config.graph_options.optimizer_options.opt_level = -1
    config.intra_op_parallelism_threads = 1
    return tf.compat.v1.Session(graph=graph, config=config)


def record(case):
    """One case: a single op, or a sequence of ops in one session, whose later steps name outputs of earlier ones. None when TensorFlow has no kernel for these types."""
    steps = case.steps if isinstance(case, Sequence) else [case]
    done = []
    recorded = []
    with tf.Graph().as_default() as graph, session_for(graph) as session:
        for step in steps:
            feed = {}
            written = []

            def operand(value):
                if isinstance(value, list):
                    return [operand(v) for v in value]
                if isinstance(value, Ref):
                    written.append({'ref': [value.step, value.output]})
                    operation, values = done[value.step]
                    return operation.outputs[value.output] if values[value.output] is None else placeholder(values[value.output], feed, step.ranked)
                written.append(tensor_json(value))
                return placeholder(value, feed, step.ranked)

            operands = [operand(value) for value in step.inputs]
            try:
                operation, op_def = build(step, operands)
            except (TypeError, ValueError) as error:
                if 'not in list of allowed values' not in str(error):
                    complaints.append(f'{step.op} {step.attrs} {[getattr(v, "shape", v) for v in step.inputs]}: {error}'[:400])
                return None
            out = describe(step, operation, op_def)
            out['inputs'] = written
            values = run(session, operation, feed, out, step.tolerance, step.outputs)
            if 'No OpKernel was registered' in out.get('error', {}).get('message', ''):
                return None
            if step.error is not None and step.error != ('error' in out):
                complaints.append(f'{json.dumps(out)[:400]}: expected {"an error" if step.error else "no error"}')
            done.append((operation, values))
            recorded.append(out)
    return recorded[0] if not isinstance(case, Sequence) else {'steps': recorded}


def main():
    target.mkdir(parents=True, exist_ok=True)
    for family in sys.argv[1:] or families:
        cases = importlib.import_module(f'op_cases.{family}').cases()
        recorded = [record(case) for case in cases]
        lines = ',\n'.join(json.dumps(case, separators=(',', ':'), allow_nan=False) for case in recorded if case)
        path = target / f'{family.replace("_", "-")}.json'
        path.write_text(f'{{"tensorflow":"{tf.__version__}","cases":[\n{lines}\n]}}\n')
        print(f'{path.name}: {len(cases)} cases ({recorded.count(None)} without a kernel), {path.stat().st_size} bytes')
    if complaints:
        raise SystemExit('\n'.join(complaints))


main()

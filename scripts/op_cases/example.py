"""tf.Examples: missing features with and without defaults, wrong types and counts, sparse and open lengths, bytes that are no Example."""
import numpy as np
import tensorflow as tf

from .case import case, f32, fails, i64, text


def example(**features):
    """floats, ints or texts by name."""
    out = tf.train.Example()
    for name, values in features.items():
        feature = out.features.feature[name]
        if values is None:
            continue
        if not values or isinstance(values[0], float):
            feature.float_list.value.extend(values)
        elif isinstance(values[0], int):
            feature.int64_list.value.extend(values)
        else:
            feature.bytes_list.value.extend(v.encode() for v in values)
    return out.SerializeToString(deterministic=True)


none = text([]).reshape(0)
first = example(x=[1.5], n=[2 ** 60, -1], s=['a', 'é'])
second = example(x=[-2.0], n=[7, 8], s=['b', ''], unused=[1])
scalar, pair = tf.TensorShape([]), tf.TensorShape([2])


def old(serialized, sparse=(), dense=(), names=none, **attrs):
    """ParseExample; sparse: (key, type), dense: (key, shape, default)."""
    return case('ParseExample', text(list(serialized)), names, [np.array(k.encode(), object) for k, _ in sparse], [np.array(k.encode(), object) for k, _, _ in dense],
                [d for _, _, d in dense], sparse_types=[t for _, t in sparse], dense_shapes=[s for _, s, _ in dense])


def new(serialized, sparse=(), dense=(), names=none):
    keys = [text([k for k, *_ in group]).reshape(len(group)) for group in (sparse, dense)]
    return case('ParseExampleV2', serialized if isinstance(serialized, np.ndarray) else text(list(serialized)), names, *keys, none, [d for _, _, d in dense],
                num_sparse=len(sparse), sparse_types=[t for _, t in sparse], ragged_value_types=[], ragged_split_types=[], dense_shapes=[s for _, s, _ in dense])


def single(serialized, sparse=(), dense=()):
    return case('ParseSingleExample', np.array(serialized, object), [d for _, _, d in dense], num_sparse=len(sparse), sparse_keys=[k for k, _ in sparse],
                sparse_types=[t for _, t in sparse], dense_keys=[k for k, _, _ in dense], dense_shapes=[s for _, s, _ in dense])


def bad(each):
    each.error = True
    return each


def cases():
    no_float, no_text, no_int = np.array([], np.float32), none, np.array([], np.int64)
    out = []
    for parse in (old, new):
        out.append(parse([first, second], dense=[('x', scalar, no_float), ('n', pair, no_int), ('s', pair, no_text)]))
        out.append(parse([first], sparse=[('n', tf.int64), ('s', tf.string)], dense=[('x', tf.TensorShape([1]), f32([0]))]))
        out.append(parse([first, example(), second, example(n=[1])], sparse=[('n', tf.int64), ('x', tf.float32), ('gone', tf.string)]))
        out.append(parse([example(), first], dense=[('x', scalar, f32(9)), ('n', pair, i64(5, 6)), ('s', pair, text('p', 'q'))]))
        out.append(parse([], dense=[('x', scalar, f32(9))], sparse=[('s', tf.string)]))
        out.append(parse([example(v=[1.0, 2.0, 3.0]), example(), example(v=[4.0])], dense=[('v', tf.TensorShape([None]), f32(-1))]))
        out.append(parse([example(v=[1.0, 2.0, 3.0, 4.0]), example(v=[5.0, 6.0])], dense=[('v', tf.TensorShape([None, 2]), f32(0))]))
        # A feature without a list counts as missing; an empty list has the wrong count.
        out.append(parse([example(x=None)], dense=[('x', scalar, f32(9))]))
        # Of equal keys the last counts.
        out.append(parse([example(x=[1.0]) + example(x=[2.0])], dense=[('x', scalar, f32(9))]))
        out.append(parse([first], dense=[('x', scalar, no_float)], names=text('the name')))
        out.append(bad(parse([example(x=[])], dense=[('x', scalar, f32(9))])))
        out.append(bad(parse([example(x=[1.0, 2.0])], dense=[('x', scalar, f32(9))])))
        out.append(bad(parse([example(n=[1])], dense=[('x', scalar, no_float)])))
        out.append(bad(parse([example(x=[1])], dense=[('x', scalar, no_float)])))
        out.append(bad(parse([example(x=[1])], sparse=[('x', tf.float32)])))
        out.append(bad(parse([b'no example'], dense=[('x', scalar, f32(9))])))
        out.append(bad(parse([example(s=['abc'])[:-1]], dense=[('x', scalar, f32(9))])))
        out.append(bad(parse([example(v=[1.0, 2.0, 3.0])], dense=[('v', tf.TensorShape([None, 2]), f32(0))])))
        out.append(bad(parse([first, second], dense=[('x', scalar, no_float)], names=text('one'))))
        out.append(bad(parse([first], dense=[('x', pair, f32([1, 2, 3]))])))
    out.append(new(np.array(first, object), sparse=[('n', tf.int64)], dense=[('x', scalar, no_float), ('s', pair, no_text)]))
    out.append(bad(new(np.array([[first]], object), dense=[('x', scalar, no_float)])))
    out.append(single(first, sparse=[('n', tf.int64), ('gone', tf.float32)], dense=[('x', scalar, no_float), ('s', pair, no_text)]))
    out.append(single(example(v=[1.0, 2.0]), dense=[('v', tf.TensorShape([None]), f32(0)), ('x', scalar, f32(3))]))
    out.append(bad(single(example(x=[1]), dense=[('x', scalar, f32(3))])))
    out.append(bad(single(example(), dense=[('x', scalar, no_float)])))
    out.append(bad(single(b'no example', dense=[('x', scalar, no_float)])))
    return out

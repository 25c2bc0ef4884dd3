"""Strings: bytes that are no letters, letters beyond ASCII, numbers at the ends of their types, joins of scalars and vectors."""
import numpy as np

from .case import case, f32, f64, fails, i32, i64, integers, text

odd = text('AbC xYz', '', 'ÄÖü ß İ', b'\xff\x80Zz', '@[`{', 'ΑΣ ΟΔΟΣ')


def guess(*args):
    """A case of which only TensorFlow knows whether it fails."""
    out = case(*args)
    out.error = None
    return out


def cases():
    out = []
    for op in ('StringLower', 'StringUpper'):
        out.append(case(op, odd))
        out.append(case(op, text('AbC', 'ÄÖü ß', 'Ñandú Ωμέγα', 'Ж').reshape(2, 2), encoding='utf-8'))
        out.append(case(op, text([]).reshape(0)))
    out.append(case('StringStrip', text('  a b ', '\t\n\v\f\rx\r\n', '   ', '', 'é ')))
    out.append(case('StringLength', odd))
    out.append(case('StringLength', text('aä€😀', ''), unit='UTF8_CHAR'))
    out.append(case('StringJoin', [text('a', 'b'), text('c', 'd')]))
    out.append(case('StringJoin', [text('a', 'b'), np.array(b'/', object), text('c', 'd')], separator='-'))
    out.append(case('StringJoin', [np.array(b'x', object), np.array(b'y', object)], separator=', '))
    out.append(case('StringJoin', [text('only')]))
    out.append(fails('StringJoin', [text('a', 'b'), text('c', 'd', 'e')]))
    numbers = text('1', '-2.5', '+3', ' 4 ', '1e3', '.5', '5.', '1e-400', '1e400', 'inf', 'nan', '16777217', '0.1')
    for special in ('-inf', '-Infinity', 'Infinity', '+inf', 'INF', 'NaN', 'infin', '-nan', ' inf', '0x10', '1f', '1e+5', '-.5', '.', '\t1\n', '1\x00'):
        out.append(guess('StringToNumber', text(special)))
    out.append(case('StringToNumber', numbers))
    out.append(case('StringToNumber', numbers, out_type=np.float64))
    out.append(case('StringToNumber', text('0', '-5', '2147483647', '-2147483648', ' 7 ', '007', '\t8\n'), out_type=np.int32))
    out.append(case('StringToNumber', text('9223372036854775807', '-9223372036854775808', '9007199254740993'), out_type=np.int64))
    for bad in ('', 'abc', '1x', '1 2', '--1', '1e', 'e5', '1,5'):
        out.append(fails('StringToNumber', text(bad)))
    for bad in ('+9', '- 5', '-', '1\x00', '1.5', '2147483648', '', 'x', '1e3'):
        out.append(fails('StringToNumber', text(bad), out_type=np.int32))
    out.append(fails('StringToNumber', text('9223372036854775808'), out_type=np.int64))
    for dtype in integers:
        limits = np.iinfo(dtype)
        out.append(case('AsString', np.array([limits.min, 0, limits.max], dtype)))
    values = (0, -0.0, 1.5, -2.25, 1e10, 1e-7, 123456789, np.inf, -np.inf, np.nan, 1e22, 0.5)
    out.append(case('AsString', f32(*values)))
    out.append(case('AsString', f64(*values, 1 / 3)))
    out.append(case('AsString', f64(*values), precision=2))
    out.append(case('AsString', f64(*values), precision=0))
    out.append(case('AsString', np.array([True, False])))
    out.append(case('AsString', i64(5, -7, 123456), width=5))
    out.append(case('AsString', i32(5, -7, 123456), width=5, fill='0'))
    out.append(case('AsString', f32(1.5, -1.5), width=8, precision=1, fill='0'))
    return out

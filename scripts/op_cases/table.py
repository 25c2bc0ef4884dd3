"""Lookup tables: filling, finding, defaults, what a fixed table refuses, text files."""
import pathlib
import tempfile

import numpy as np

from .case import Ref, Sequence, case, f32, fails, i32, i64, text

vocabulary = 'alpha\t10\t0.5\nbeta\t-20\t1.5\ngamma delta\t30\t2.5\n'


def table(key, value, *steps, op='HashTableV2', **attrs):
    return Sequence([case(op, key_dtype='string' if key is str else key, value_dtype='string' if value is str else value, name='table', **attrs), *steps])


def init(keys, values):
    return case('InitializeTableV2', Ref(0), keys, values)


def export(keys, values):
    return case('LookupTableExportV2', Ref(0), Tkeys=keys, Tvalues=values)


def find(keys, default):
    return case('LookupTableFindV2', Ref(0), keys, default)


def cases():
    words, numbers = text('a', 'b', 'é', ''), i64(1, 2, 2 ** 60, -4)
    out = [
        table(str, np.int64, init(words, numbers), find(text('a', 'zz', '', 'é', 'A'), i64(-1)), find(text([]).reshape(0), i64(-1)),
              find(text('b', 'a', 'c', 'b').reshape(2, 2), i64(0)), case('LookupTableSizeV2', Ref(0)), init(words, numbers)),
        table(np.int64, str, init(numbers, words), find(i64([[2 ** 60, 1], [3, -4]]), np.array(b'none', object)), case('LookupTableSizeV2', Ref(0))),
        table(str, np.float32, init(text('x'), f32([0.5])), find(text('x', 'y'), f32(-1))),
        table(np.int32, np.int32, init(i32([1, 2]), i32([5, 6])), find(i32([2, 3]), i32(0))),
        table(np.int64, np.int64, case('LookupTableImportV2', Ref(0), i64([5, 6]), i64([0, 1])), find(i64([6, 7]), i64(-1))),
        table(str, np.int64, case('LookupTableImportV2', Ref(0), words, numbers), find(words, i64(-1))),
        # The same key twice is fine with the same value only.
        table(str, np.int64, init(text('a', 'a'), i64(1, 1)), case('LookupTableSizeV2', Ref(0))),
        table(str, np.int64, fails('InitializeTableV2', Ref(0), text('a', 'a'), i64(1, 2))),
        table(str, np.int64, fails('LookupTableFindV2', Ref(0), text('a'), i64(0))),
        table(str, np.int64, case('LookupTableSizeV2', Ref(0))),
        table(str, np.int64, init(words, numbers), fails('InitializeTableV2', Ref(0), text('q'), i64([1]))),
        table(str, np.int64, fails('InitializeTableV2', Ref(0), words, i64(1, 2))),
        table(str, np.int64, fails('InitializeTableV2', Ref(0), words, i32(1, 2, 3, 4))),
        table(str, np.int64, fails('InitializeTableV2', Ref(0), words.reshape(2, 2), numbers)),
        table(str, np.int64, init(words, numbers), fails('LookupTableFindV2', Ref(0), i64([1]), i64(0))),
        table(str, np.int64, init(words, numbers), find(text('y', 'a', 'z'), i64([7, 8, 9]))),
        table(str, np.int64, init(words, numbers), fails('LookupTableInsertV2', Ref(0), text('q'), i64([1]))),
    ]
    insert = case('LookupTableInsertV2', Ref(0), text('a', 'b'), i64(1, 2))
    one = text('only')
    out += [
        table(str, np.int64, find(text('a'), i64(-1)), insert, find(text('a', 'c'), i64(-1)), case('LookupTableInsertV2', Ref(0), text('a', 'a'), i64(7, 8)),
              find(text('a', 'b'), i64(-1)), find(text('a', 'c', 'd'), i64(1, 2, 3)), case('LookupTableSizeV2', Ref(0)),
              case('LookupTableRemoveV2', Ref(0), text('a', 'nope')), export('string', np.int64),
              case('LookupTableImportV2', Ref(0), one, i64([9])), export('string', np.int64), case('LookupTableSizeV2', Ref(0)), op='MutableHashTableV2'),
        table(str, np.int64, insert, fails('LookupTableFindV2', Ref(0), text('a', 'b', 'c'), i64(1, 2)), op='MutableHashTableV2'),
        table(str, np.int64, fails('LookupTableInsertV2', Ref(0), text('a', 'b'), i64([1])), op='MutableHashTableV2'),
        table(np.int64, np.float32, case('LookupTableInsertV2', Ref(0), i64([2 ** 60]), f32([0.25])), export(np.int64, np.float32), op='MutableHashTableV2'),
        table(np.int64, str, init(i64([3]), one), export(np.int64, 'string')),
    ]
    return out + text_files()


def text_files():
    """The file stands beside the recorded cases as test/fixtures/ops/version/assets/vocabulary.txt; like an author's, the recorded folder exists nowhere else."""
    folder = pathlib.Path(tempfile.gettempdir()) / 'author'
    folder.mkdir(exist_ok=True)
    path = folder / 'vocabulary.txt'
    path.write_text(vocabulary)
    assets = pathlib.Path(__file__).resolve().parents[2] / 'test' / 'fixtures' / 'ops' / 'version' / 'assets'
    assets.mkdir(parents=True, exist_ok=True)
    (assets / 'vocabulary.txt').write_text(vocabulary)
    whole, line = -2, -1

    def load(**attrs):
        return case('InitializeTableFromTextFileV2', Ref(0), np.array(str(path).encode(), object), **attrs)

    def refused(**attrs):
        out = load(**attrs)
        out.error = True
        return out

    return [
        table(str, np.int64, load(key_index=whole, value_index=line), find(text('beta\t-20\t1.5', 'beta'), i64(-1)), case('LookupTableSizeV2', Ref(0))),
        table(np.int64, str, load(key_index=line, value_index=whole), find(i64(0, 2, 3), np.array(b'?', object))),
        table(str, np.int64, load(key_index=0, value_index=1), find(text('alpha', 'beta', 'gamma delta', 'gamma'), i64(0))),
        table(str, np.float32, load(key_index=0, value_index=2), find(text('alpha', 'beta'), f32(0))),
        table(np.int64, str, load(key_index=1, value_index=0), find(i64(-20, 30, 1), np.array(b'?', object))),
        table(str, np.int64, load(key_index=0, value_index=line, vocab_size=2), find(text('beta', 'gamma delta'), i64(-1)), case('LookupTableSizeV2', Ref(0))),
        table(str, np.int64, load(key_index=0, value_index=line, offset=5), find(text('alpha', 'beta'), i64(-1))),
        table(str, np.int64, refused(key_index=0, value_index=2)),
        table(str, np.int64, refused(key_index=0, value_index=3)),
        table(str, np.int64, refused(key_index=0, value_index=line, vocab_size=9)),
    ]

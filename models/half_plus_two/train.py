"""Makes models/half_plus_two: y = x / 2 + 2 in two versions that are stored differently and answer differently through their handlers.

Run from anywhere: python models/half_plus_two/train.py [folder of the model, default models/half_plus_two]
Version 1 computes a * x + b with the two numbers found by least squares on a table of examples.
Version 2 computes the same function in another way, (x + c) * a.
Writes saved_model.pb, variables/, examples/ of both.
"""
import json
import os
import pathlib
import shutil
import sys

os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '2')

import numpy as np
import tensorflow as tf

SPEC = tf.TensorSpec([None], tf.float32, name='x')


def fitted():
    """The line through a table of x and x / 2 + 2: slope and offset, as float32."""
    x = np.linspace(-50, 50, 101)
    slope, offset = np.linalg.lstsq(np.stack([x, np.ones_like(x)], 1), x / 2 + 2, rcond=None)[0]
    return np.float32(round(slope, 6)), np.float32(round(offset, 6))


class First(tf.Module):
    def __init__(self, slope, offset):
        self.a, self.b = tf.Variable(slope, name='a'), tf.Variable(offset, name='b')

    @tf.function(input_signature=[SPEC])
    def serve(self, x):
        return {'y': self.a * x + self.b}


class Second(tf.Module):
    def __init__(self, slope, offset):
        self.a, self.c = tf.Variable(slope, name='a'), tf.Variable(offset / slope, name='c')

    @tf.function(input_signature=[SPEC])
    def serve(self, x):
        return {'y': (x + self.c) * self.a}


def save(module, folder):
    for part in ('variables', 'assets', 'examples'):
        shutil.rmtree(folder / part, ignore_errors=True)
    tf.saved_model.save(module, str(folder), signatures={'serving_default': module.serve})
    if not any((folder / 'assets').iterdir()):
        (folder / 'assets').rmdir()
    (folder / 'examples').mkdir()
    return tf.saved_model.load(str(folder)).signatures['serving_default']


def record(file, request, response):
    file.write_text('{\n' + f'  "request": {json.dumps(request)},\n  "response": {json.dumps(response)}' + '\n}\n')


def main():
    folder = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent)
    x = [1.0, 2.0, 5.0]
    for version, make in (('1', First), ('2', Second)):
        served = save(make(*fitted()), folder / version)
        y = served(x=tf.constant(x))['y'].numpy().tolist()
        assert y == [2.5, 3.0, 4.5], y
        if version == '1':  # the handler answers a plain list
            record(folder / version / 'examples' / 'list.json', {'x': x}, y)
            record(folder / version / 'examples' / 'number.json', {'x': x[0]}, y[:1])
        else:  # the handler answers rows with a unit and a label
            rows = [{'x': a, 'y': b, 'label': 'more' if b > a else 'less' if b < a else 'same'} for a, b in zip(x, y)]
            record(folder / version / 'examples' / 'list.json', {'x': x, 'unit': 'm'}, {'unit': 'm', 'rows': rows})
            record(folder / version / 'examples' / 'number.json', {'x': x[0]}, {'unit': '1', 'rows': rows[:1]})
        print(f'{folder / version}: {(folder / version / "saved_model.pb").stat().st_size / 1000:.0f} kB, {dict(zip(x, y))}')


if __name__ == '__main__':
    main()

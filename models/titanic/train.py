"""Trains models/titanic on a table that this script makes up: who would have survived a shipwreck, by fare, sex, age, port and class.

Run from anywhere: python models/titanic/train.py [folder of the version, default models/titanic/1]
Writes saved_model.pb, variables/, examples/. The table is generated: its passengers never lived, only the tendencies
(women and children first, dear cabins nearer to the boats) are taken from history.
"""
import json
import os
import pathlib
import shutil
import sys

os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '2')
os.environ['TF_ENABLE_ONEDNN_OPTS'] = '0'

import keras
import numpy as np
import tensorflow as tf

SEED = 1912
ROWS = 6000
NUMBERS = ['fare', 'age']
WORDS = {'sex': ['female', 'male'], 'embarked': ['C', 'Q', 'S'], 'pclass': ['1', '2', '3']}


def passengers(random):
    """A made-up table: columns by name, [ROWS, 1] each, and who survived [ROWS, 1]."""
    pclass = random.choice([1, 2, 3], ROWS, p=[.24, .2, .56])
    male = random.random(ROWS) < np.choose(pclass - 1, [.55, .6, .7])
    age = np.clip(random.normal(np.choose(pclass - 1, [39, 30, 26]), 13), .5, 80)
    child = random.random(ROWS) < np.choose(pclass - 1, [.03, .11, .13])
    age = np.where(child, random.uniform(.4, 14, ROWS), age)
    fare = np.exp(random.normal(np.choose(pclass - 1, [4.1, 2.9, 2.3]), .45))
    embarked = random.choice(['C', 'Q', 'S'], ROWS, p=[.2, .1, .7])
    chance = (1.1 - 2.7 * male + np.choose(pclass - 1, [1.1, .2, -1.0]) + 1.6 * (age < 13) * (pclass < 3) + .7 * (age < 13)
              - .012 * (age - 30) + .25 * np.log(fare / 20) + np.where(embarked == 'C', .35, 0))
    survived = random.random(ROWS) < 1 / (1 + np.exp(-chance))
    table = {'fare': np.round(fare, 2).astype(np.float32), 'age': np.round(age, 1).astype(np.float32),
             'sex': np.where(male, 'male', 'female'), 'embarked': embarked, 'pclass': pclass.astype(str)}
    return {name: column[:, None] for name, column in table.items()}, survived[:, None].astype(np.float32)


def network(table):
    """Named columns as callers send them -> the chance to survive; all preprocessing is inside."""
    layers = keras.layers
    inputs, features = {}, []
    for name in NUMBERS:
        inputs[name] = keras.Input((1,), name=name)
        scale = layers.Normalization(name=f'scale_{name}')
        scale.adapt(table[name])
        features.append(scale(inputs[name]))
    for name, words in WORDS.items():
        inputs[name] = keras.Input((1,), name=name, dtype='string')
        known = layers.StringLookup(vocabulary=words, output_mode='one_hot', name=f'known_{name}')
        features.append(known(inputs[name]))
    x = layers.Concatenate()(features)
    x = layers.Dense(16, activation='elu')(x)
    x = layers.Dense(8, activation='elu')(x)
    return keras.Model(inputs, {'survived': layers.Dense(1, activation='sigmoid', name='survived')(x)})


def train(table, survived):
    model = network(table)
    model.compile(keras.optimizers.Adam(3e-3), {'survived': 'binary_crossentropy'})
    columns = {name: tf.constant(column) for name, column in table.items()}
    model.fit(columns, {'survived': survived}, batch_size=64, epochs=15, verbose=2)
    return model


def write_examples(served, folder):
    """Requests as a caller posts them to evaluate, with the model's true answers."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    many = {'fare': [[7], [9]], 'sex': [['male'], ['female']], 'embarked': [['Q'], ['S']], 'pclass': [['3'], ['2']], 'age': [[27], [38]]}
    one = {'fare': 7, 'sex': 'male', 'embarked': 'Q', 'pclass': '3', 'age': 27}
    stranger = {'fare': 211.5, 'sex': 'female', 'embarked': 'somewhere', 'pclass': '1', 'age': 4.5}
    for name, request in {'two-passengers': many, 'one-passenger': one, 'unknown-port': stranger}.items():
        rows = request if name == 'two-passengers' else {key: [[value]] for key, value in request.items()}
        tensors = {key: tf.constant(value, tf.float32 if key in NUMBERS else tf.string) for key, value in rows.items()}
        survived = [[round(float(chance), 7)] for chance in served(**tensors)['survived'].numpy()[:, 0]]
        response = {'survived': survived if name == 'two-passengers' else survived[0][0]}
        case = {'request': request, 'response': response, 'tolerance': 1e-5}
        lines = ',\n'.join(f'  "{key}": {json.dumps(value)}' for key, value in case.items())
        (folder / f'{name}.json').write_text('{\n' + lines + '\n}\n')


def main():
    folder = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent / '1')
    keras.utils.set_random_seed(SEED)
    tf.config.experimental.enable_op_determinism()
    table, survived = passengers(np.random.default_rng(SEED))
    held = ROWS * 4 // 5
    model = train({name: column[:held] for name, column in table.items()}, survived[:held])
    chance = model.predict({name: tf.constant(column[held:]) for name, column in table.items()}, verbose=0)['survived']
    print(f'held-out accuracy, {ROWS - held} made-up passengers: {float(((chance > .5) == survived[held:]).mean()):.4f} (survived: {float(survived.mean()):.2f})')

    folder.mkdir(parents=True, exist_ok=True)
    for part in ('variables', 'assets'):
        shutil.rmtree(folder / part, ignore_errors=True)
    model.export(str(folder), verbose=False)
    if not any((folder / 'assets').iterdir()):
        (folder / 'assets').rmdir()
    write_examples(tf.saved_model.load(str(folder)).signatures['serving_default'], folder / 'examples')
    size = sum(file.stat().st_size for file in [folder / 'saved_model.pb', *(folder / 'variables').iterdir()])
    print(f'{folder}: {size / 1000:.0f} kB')


if __name__ == '__main__':
    main()

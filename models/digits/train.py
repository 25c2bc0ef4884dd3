"""Trains models/digits: scikit-learn's 8x8 digits and pictures drawn here -> a small CNN, with held-out accuracy printed.

Run from anywhere: python models/digits/train.py [folder of the version, default models/digits/1]
Writes saved_model.pb, variables/, examples/ (pictures and recorded requests). The handler is written by hand and stays.
"""
import base64
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
from PIL import Image
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from drawing import encoded, enlarged, on_paper, printed, written
from picture import ink_values

SEED = 20261121
NAMES = ['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine']
PICTURES = 30000


def pictures(scans, labels, count, random):
    """`count` made-up pictures: a third each of pen strokes, printed figures and enlarged scans. Yields (grey image, digit)."""
    for i in range(count):
        digit = int(random.integers(10))
        height = int(np.exp(random.uniform(np.log(20), np.log(300))))
        if i % 3 == 0:
            mask = written(digit, random, height)
        elif i % 3 == 1:
            mask = printed(digit, random, height)
        else:
            mask = enlarged(scans[random.choice(np.flatnonzero(labels == digit))], random, height)
        yield on_paper(mask, random), digit


def read(many):
    """Pictures -> (ink values [n, 8, 8, 1], digits), as the handler reads them."""
    values, digits = zip(*((ink_values(image), digit) for image, digit in many))
    return np.stack(values)[..., None], np.array(digits)


def network():
    """8x8 ink values (0 to 16) -> ten probabilities."""
    layers = keras.layers
    pixels = keras.Input((8, 8, 1), name='pixels')
    x = layers.Rescaling(1 / 16)(pixels)
    x = layers.Conv2D(20, 3, padding='same', activation='relu')(x)
    x = layers.Conv2D(28, 3, padding='same', activation='relu')(x)
    x = layers.MaxPooling2D()(x)
    x = layers.Conv2D(40, 3, padding='same', activation='relu')(x)
    x = layers.Flatten()(x)
    x = layers.Dropout(.35)(x)
    x = layers.Dense(48, activation='relu')(x)
    x = layers.Dropout(.15)(x)
    return keras.Model({'pixels': pixels}, {'probabilities': layers.Dense(10, activation='softmax', name='probabilities')(x)})


def train(inputs, digits):
    model = network()
    batch = 128
    rate = keras.optimizers.schedules.CosineDecay(2e-3, 14 * len(inputs) // batch)
    model.compile(keras.optimizers.Adam(rate), {'probabilities': 'sparse_categorical_crossentropy'})
    model.fit({'pixels': inputs}, {'probabilities': digits}, batch_size=batch, epochs=14, verbose=2)
    return model


def export(model, folder):
    """Writes the model as a SavedModel and returns its signature, loaded again.

    Not by model.export, which keeps every weight twice in the checkpoint: once as the model's, once as the archive's.
    """
    @tf.function(input_signature=[tf.TensorSpec([None, 8, 8, 1], tf.float32, name='pixels')])
    def serve(pixels):
        return model({'pixels': pixels})

    holder = tf.Module()
    holder.weights = [weight.value for weight in model.weights]
    folder.mkdir(parents=True, exist_ok=True)
    for part in ('variables', 'assets'):
        shutil.rmtree(folder / part, ignore_errors=True)
    tf.saved_model.save(holder, str(folder), signatures={'serving_default': serve})
    if not any((folder / 'assets').iterdir()):
        (folder / 'assets').rmdir()
    return tf.saved_model.load(str(folder)).signatures['serving_default']


def accuracy(model, inputs, digits):
    return float((model.predict({'pixels': inputs}, verbose=0)['probabilities'].argmax(1) == digits).mean())


def answer(served, image):
    """What the service must say of a picture: the whole chain in Python."""
    values = ink_values(np.asarray(image.convert('L')))[None, ..., None]
    probabilities = served(pixels=tf.constant(values))['probabilities'].numpy()[0]
    best = int(probabilities.argmax())
    return {'class': best, 'name': NAMES[best], 'probabilities': {name: round(float(p), 7) for name, p in zip(NAMES, probabilities)}}


def write_examples(served, folder, scans, labels, random):
    """A few pictures of different kinds and sizes, as files and as recorded requests."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for digit, make, height, kind, inverted in [(7, written, 140, 'png', False), (2, written, 220, 'jpeg', True), (5, printed, 36, 'png', True), (3, written, 60, 'jpeg', False), (9, written, 260, 'png', True)]:
        image = on_paper(make(digit, random, height), random, inverted, worn=kind == 'jpeg')
        data = encoded(image, kind.upper(), **({'optimize': True} if kind == 'png' else {'quality': 80}))
        name = f'{NAMES[digit]}-{image.width}x{image.height}'
        (folder / f'{name}.{kind}').write_bytes(data)
        if kind == 'png':  # JPEG decoders may differ by a grey level: PNGs alone are golden
            record(folder / f'{name}.json', data, answer(served, image))
    digit = int(np.flatnonzero(labels == 4)[0])
    tiny = Image.fromarray((255 - scans[digit] * 255 / 16).astype(np.uint8))
    record(folder / 'four-8x8.json', encoded(tiny, 'PNG'), answer(served, tiny))


def record(file, data, response):
    case = {'request': {'picture': base64.b64encode(data).decode()}, 'response': response, 'tolerance': 1e-4}
    lines = ',\n'.join(f'  "{key}": {json.dumps(value)}' for key, value in case.items())
    file.write_text('{\n' + lines + '\n}\n')


def main():
    folder = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent / '1')
    keras.utils.set_random_seed(SEED)
    tf.config.experimental.enable_op_determinism()
    data = load_digits()
    scans, held_scans, labels, held_labels = train_test_split(data.images, data.target, test_size=.2, stratify=data.target, random_state=SEED)
    random = np.random.default_rng(SEED)
    drawn, drawn_digits = read(pictures(scans, labels, PICTURES, random))
    inputs = np.concatenate([np.repeat(scans, 4, 0)[..., None].astype(np.float32), drawn])
    model = train(inputs, np.concatenate([np.repeat(labels, 4), drawn_digits]))

    held = np.random.default_rng(SEED + 1)  # other scans, other strokes, other papers than those of the training
    print(f'held-out accuracy, {len(held_scans)} scans: {accuracy(model, held_scans[..., None].astype(np.float32), held_labels):.4f}')
    for count in (40, 2000):
        print(f'held-out accuracy, {count} pictures: {accuracy(model, *read(pictures(held_scans, held_labels, count, held))):.4f}')

    served = export(model, folder)
    write_examples(served, folder / 'examples', held_scans, held_labels, np.random.default_rng(SEED + 2))
    size = sum(file.stat().st_size for file in [folder / 'saved_model.pb', *(folder / 'variables').iterdir()])
    print(f'{folder}: {size / 1000:.0f} kB')


if __name__ == '__main__':
    main()

"""Pictures of digits, made up: pen strokes, printed figures and enlarged scans on papers of any size, tone and quality."""
import io

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont


def arc(cx, cy, rx, ry, start, end):
    """Points on an ellipse, clockwise in degrees from the right (y points down)."""
    angles = np.radians(np.linspace(start, end, 24))
    return list(zip(cx + rx * np.cos(angles), cy + ry * np.sin(angles)))


# Each digit's ways of being written: a list of strokes in the unit square, as one writes them by hand.
SHAPES = {
    0: [[arc(.5, .5, .45, .5, -90, 270)],
        [arc(.5, .5, .33, .5, -70, 300)],
        [arc(.5, .5, .42, .5, -60, 285) + [(.75, .08)]]],
    1: [[[(.5, 0), (.5, 1)]],
        [[(.25, .28), (.55, 0), (.55, 1)]],
        [[(.2, .4), (.55, 0), (.55, 1)]],
        [[(.3, .22), (.52, 0), (.52, 1)], [(.2, 1), (.85, 1)]],
        [[(.6, 0), (.42, 1)]]],
    2: [[arc(.48, .28, .4, .28, -170, 20) + [(.72, .55), (.1, 1), (.92, 1)]],
        [arc(.5, .26, .38, .26, -190, 40) + [(.15, .95)] + arc(.22, .9, .13, .1, 150, 330) + [(.6, 1), (.95, .9)]],
        [arc(.5, .25, .42, .25, -150, 0) + [(.85, .45), (.05, 1), (.9, 1)]]],
    3: [[arc(.42, .26, .4, .26, -160, 80) + arc(.42, .74, .46, .26, -85, 160)],
        [[(.1, 0), (.85, 0), (.42, .4)] + arc(.42, .7, .44, .3, -80, 150)],
        [arc(.45, .24, .35, .24, -140, 90) + [(.3, .48)] + arc(.42, .74, .45, .26, -90, 170)]],
    4: [[[(.3, 0), (.08, .58), (.92, .58)], [(.66, .2), (.66, 1)]],
        [[(.7, 1), (.7, 0), (.05, .68), (.95, .68)]],
        [[(.2, .05), (.15, .5), (.8, .5)], [(.82, 0), (.78, 1)]],
        [[(.55, 0), (.1, .66), (.95, .66)], [(.7, .4), (.66, 1)]]],
    5: [[[(.85, 0), (.22, 0), (.16, .45)] + arc(.45, .68, .42, .32, -130, 140)],
        [[(.2, .04), (.18, .46)] + arc(.42, .7, .44, .3, -120, 150), [(.2, .03), (.85, 0)]],
        [[(.9, .03), (.3, .03), (.22, .42), (.55, .4)] + arc(.5, .7, .38, .3, -70, 150)]],
    6: [[[(.75, 0), (.4, .2), (.14, .55)] + arc(.5, .7, .38, .3, 180, 530)],
        [arc(.62, .5, .52, .5, -70, -180) + arc(.5, .7, .4, .3, -180, -530)],
        [[(.5, 0), (.22, .35), (.12, .65)] + arc(.48, .72, .36, .28, 180, 520)]],
    7: [[[(.08, 0), (.92, 0), (.35, 1)]],
        [[(.1, .02), (.9, 0), (.45, 1)], [(.28, .5), (.8, .46)]],
        [[(.1, .15), (.12, .02), (.9, 0), (.55, .5), (.45, 1)]],
        [[(.1, .1), (.5, .02), (.88, .05), (.5, 1)], [(.35, .55), (.85, .5)]]],
    8: [[arc(.5, .25, .34, .25, 90, 450) + arc(.5, .75, .42, .25, -90, 270)],
        [arc(.5, .25, .33, .25, -30, -270) + arc(.5, .75, .4, .25, -90, 270) + arc(.5, .25, .33, .25, 90, -20)],
        [arc(.52, .24, .36, .24, -20, -250) + [(.75, .6)] + arc(.48, .77, .36, .23, -10, 190) + [(.3, .55), (.82, .18)]]],
    9: [[arc(.48, .3, .4, .3, 0, 360) + [(.86, .55), (.78, 1)]],
        [arc(.46, .3, .38, .3, -20, -350) + [(.84, .3), (.84, .65)] + arc(.5, .68, .34, .32, 0, 140)],
        [arc(.48, .28, .36, .28, -30, -340) + [(.82, .2), (.7, .6), (.5, 1)]]],
}


def warp(points, random):
    """The same strokes by another hand: slant, turn, stretch, and slow waves."""
    p = np.asarray(points) - .5
    angle, slant = np.radians(random.normal(0, 7)), random.normal(.08, .18)
    p = p * [random.uniform(.5, 1.0), 1]
    p = p @ np.array([[1, 0], [-slant, 1]]) @ np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    for _ in range(2):
        wave, phase, depth = random.uniform(2, 7, 2), random.uniform(0, 6.3, 2), random.uniform(0, .035, 2)
        p = p + depth * np.sin(wave * p[:, ::-1] + phase)
    return p


def written(digit, random, height):
    """Pen strokes as a mask (uint8, 0 to 255) about `height` pixels high."""
    shape = SHAPES[digit][random.integers(len(SHAPES[digit]))]
    sizes = [len(stroke) for stroke in shape]
    points = warp([point for stroke in shape for point in stroke], random)
    points = (points - points.min(0)) / np.ptp(points[:, 1])
    scale, pen = 3 * height, max(2, 3 * height * random.uniform(.05, .2))
    pad = int(pen) + 2
    image = Image.new('L', (int(np.ptp(points[:, 0]) * scale) + 2 * pad, int(scale) + 2 * pad))
    draw = ImageDraw.Draw(image)
    for stroke in np.split(points * scale + pad, np.cumsum(sizes)[:-1]):
        draw.line([tuple(p) for p in stroke], fill=255, width=int(pen), joint='curve')
        for x, y in (stroke[0], stroke[-1]):
            draw.ellipse([x - pen / 2, y - pen / 2, x + pen / 2, y + pen / 2], fill=255)
    return image.resize((max(1, image.width // 3), max(1, image.height // 3)), Image.Resampling.BOX)


def printed(digit, random, height):
    """A figure of Pillow's own font as a mask, slanted and emboldened at will."""
    font = ImageFont.load_default(height * 1.35)
    left, top, right, bottom = font.getbbox(str(digit))
    image = Image.new('L', (right - left + height, bottom - top + height // 4 + 2))
    bold = int(height * random.choice([0, 0, .02, .05]))
    ImageDraw.Draw(image).text((height // 2 - left, height // 8 - top), str(digit), font=font, fill=255, stroke_width=bold)
    slant, turn = random.normal(.05, .15), random.normal(0, 4)
    image = image.transform(image.size, Image.Transform.AFFINE, (1, slant, -slant * image.height / 2, 0, 1, 0), Image.Resampling.BILINEAR)
    return image.rotate(turn, Image.Resampling.BILINEAR)


def enlarged(scan, random, height):
    """An 8x8 scan (0 to 16) as a mask, enlarged smoothly or in blocks."""
    how = random.choice([Image.Resampling.NEAREST, Image.Resampling.BILINEAR, Image.Resampling.BICUBIC, Image.Resampling.LANCZOS])
    image = Image.fromarray((np.asarray(scan) * 255 / 16).astype(np.uint8))
    return image.resize((height, height), Image.Resampling(how))


def on_paper(mask, random, inverted=None, worn=True):
    """A mask on a paper of its own: a grey picture with margins, tones, light from a side; where `worn`, with grain, blur and perhaps JPEG's traces.

    `inverted` is True for light ink on dark paper, None for either.
    """
    width, height = (int(size * random.uniform(1.0, 1.9)) + 2 for size in mask.size)
    x, y = random.integers(0, width - mask.width + 1), random.integers(0, height - mask.height + 1)
    paper, ink = random.uniform(165, 255), random.uniform(0, 90)
    if random.random() < .4 if inverted is None else inverted:
        paper, ink = ink * .6, paper
    light = random.uniform(-12, 12, 2)
    ground = paper + light[0] * np.linspace(-1, 1, width)[None, :] + light[1] * np.linspace(-1, 1, height)[:, None]
    cover = np.zeros((height, width))
    cover[y:y + mask.height, x:x + mask.width] = np.asarray(mask) / 255
    picture = ground * (1 - cover) + ink * cover + random.normal(0, random.choice([0, 2, 6, 10]) if worn else 0, cover.shape)
    image = Image.fromarray(np.clip(picture, 0, 255).astype(np.uint8))
    if not worn:
        return image
    if random.random() < .3:
        image = image.filter(ImageFilter.GaussianBlur(random.uniform(.2, .012 * min(mask.size) + .3)))
    if random.random() < .4:
        image = Image.open(io.BytesIO(encoded(image, 'JPEG', quality=int(random.integers(45, 96)))))
    return image


def encoded(image, kind, **options):
    """The bytes of a PNG or JPEG file."""
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()

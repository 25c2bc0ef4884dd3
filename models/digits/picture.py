"""A picture of one digit to 8x8 ink values, as handler.ts does it: the twin that training and the recorded answers use.

The data set behind the model was made from scanned forms: each digit trimmed to its box, scaled to the full height with
its aspect kept, centred, and the black pixels of each of the 8x8 cells counted (0 to 16). So does this, for any picture.
Every step is plain arithmetic on grey levels, so that the handler can be compared number by number.
"""
import numpy as np
from scipy import ndimage

WORK_SIZE = 128        # longest side of the reduced picture in which the digit is searched
LEAST_CONTRAST = 24    # grey levels between paper and ink, of 255; less is an empty picture
SPECK = 0.08           # components smaller than this share of the largest are dirt
FLOOR = 0.2            # ink weaker than this share of the stroke's mean is paper grain


class NoDigit(ValueError):
    """The picture shows nothing that stands out of its background."""


def ink_values(grey):
    """uint8 grey levels [height, width] -> float32 [8, 8], 0 (paper) to 16 (ink)."""
    grey = np.asarray(grey, np.float64)
    signed = against_paper(grey)
    while True:  # search coarsely; where the digit is small in its picture, crop and search again at a finer scale
        factor = -(-max(signed.shape) // WORK_SIZE)
        reduced = reduce_by(signed, factor)
        mask, mean = stroke(reduced)
        top, bottom, left, right = box(mask)
        if factor == 1 or max(bottom - top, right - left) > WORK_SIZE // 3:
            ink = np.clip((reduced / mean - FLOOR) / (1 - FLOOR), 0, 1)[top:bottom, left:right]
            return (16 * to_cells(ink)).astype(np.float32)
        signed = signed[max(0, (top - 1) * factor):(bottom + 1) * factor, max(0, (left - 1) * factor):(right + 1) * factor]


def against_paper(grey):
    """How far each pixel stands out of the paper, towards the ink: paper is the border's median, ink the side with more energy."""
    height, width = grey.shape
    ring = max(1, min(height, width) // 32)
    border = np.concatenate([grey[:ring].ravel(), grey[-ring:].ravel(), grey[ring:-ring, :ring].ravel(), grey[ring:-ring, -ring:].ravel()])
    paper = np.sort(border)[len(border) // 2]
    lighter, darker = np.maximum(grey - paper, 0), np.maximum(paper - grey, 0)
    return lighter if (lighter ** 2).sum() > (darker ** 2).sum() else darker


def reduce_by(values, factor):
    """Means of factor x factor blocks; the last row and column of blocks may be smaller."""
    if factor == 1:
        return values
    rows, columns = np.arange(0, values.shape[0], factor), np.arange(0, values.shape[1], factor)
    sums = np.add.reduceat(np.add.reduceat(values, rows, 0), columns, 1)
    count = lambda starts, size: np.minimum(starts + factor, size) - starts
    return sums / np.outer(count(rows, values.shape[0]), count(columns, values.shape[1]))


def stroke(values):
    """Otsu's threshold, then halfway between the two means: (mask of the stroke, the stroke's mean)."""
    levels = np.minimum(255, np.floor(values)).astype(int)
    histogram = np.bincount(levels.ravel(), minlength=256).astype(np.float64)
    total, weighted = histogram.sum(), (histogram * np.arange(256)).sum()
    below = below_weighted = best = 0.0
    split = 0
    for level in range(255):
        below += histogram[level]
        below_weighted += level * histogram[level]
        if below == 0 or below == total:
            continue
        between = below * (total - below) * (below_weighted / below - (weighted - below_weighted) / (total - below)) ** 2
        if between > best:
            best, split = between, level
    ink = values[levels > split]
    if best == 0 or ink.mean() < LEAST_CONTRAST:
        raise NoDigit('the picture shows no digit: nothing stands out of its background')
    threshold = (ink.mean() + values[levels <= split].mean()) / 2
    return values > threshold, values[values > threshold].mean()


def box(mask):
    """(top, bottom, left, right) around the components that are no dirt; 8-connected."""
    labels, count = ndimage.label(mask, np.ones((3, 3)))
    areas = np.bincount(labels.ravel())[1:]
    kept = np.isin(labels, 1 + np.flatnonzero(areas >= SPECK * areas.max()))
    rows, columns = np.flatnonzero(kept.any(1)), np.flatnonzero(kept.any(0))
    return rows[0], rows[-1] + 1, columns[0], columns[-1] + 1


def to_cells(ink):
    """Area averaging onto 8x8 cells; the longer side fills them, the shorter is centred."""
    height, width = ink.shape
    cell = max(height, width) / 8
    return overlap(height, cell) @ ink @ overlap(width, cell).T / cell ** 2


def overlap(size, cell):
    """[8, size]: how much of each pixel lies in each cell, for `size` pixels centred on 8 cells."""
    start = (np.arange(8) - 4) * cell + size / 2
    pixel = np.arange(size)
    return np.clip(np.minimum(start[:, None] + cell, pixel + 1) - np.maximum(start[:, None], pixel), 0, None)

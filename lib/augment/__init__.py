"""Training images on the fly: paper A's 28 variants, a modern set, and the batches that training reads.

Nothing is stored. A variant is a function of (crop, variant number), a batch a function of (seed, epoch, batch number),
so an epoch over all variants needs no disk and any element can be made again alone.
"""

from lib.augment.batches import AUGMENTATIONS, CHANGED, Share, TrainingBatches, plan, sources
from lib.augment.figures import draw_modern, draw_plan, draw_variants, sharpest
from lib.augment.layers import SETS
from lib.augment.modern import OPERATIONS, cut_mix, mix_up, modern
from lib.augment.variants import BLUR, BRIGHTNESS, VARIANTS, blur_size, count_images, variant, variants

__all__ = [
    "AUGMENTATIONS",
    "BLUR",
    "BRIGHTNESS",
    "CHANGED",
    "OPERATIONS",
    "SETS",
    "VARIANTS",
    "Share",
    "TrainingBatches",
    "blur_size",
    "count_images",
    "cut_mix",
    "draw_modern",
    "draw_plan",
    "draw_variants",
    "mix_up",
    "modern",
    "plan",
    "sharpest",
    "sources",
    "variant",
    "variants",
]

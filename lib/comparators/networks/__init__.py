"""The comparators' networks, a module each: `features` from uint8 images (N, H, W, 3) to what the head reads.

`lib.models.build("comparators.NAME")` puts the image before it and the head behind it, so that every one of them is
fitted, saved and read as the study's own networks are. All are small versions for crops of 48 pixels: which idea is
whose, and which numbers are ours, stands at the top of each module.
"""

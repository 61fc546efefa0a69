"""Every number that paper A prints and this study uses, once, with its place in the paper.

A: S. Xu, Y. Cheng, Q. Lin, J. Allebach, Emotion Recognition Using Convolutional Neural Networks. Shares are in [0, 1].
What is computed from printed numbers stands at the end.
"""

from lib.emotions import EMOTIONS

# ---------------------------------------------------------------- data

TABLE_1 = {"MUG sequences": 1462, "CK+ sequences with an emotion": 327, "JAFFE": 213, "KDEF": 4900}
TABLE_1_WHOLE = {"MUG frames, more than": 100_000, "CK+ sequences, with and without an emotion": 593}
TABLE_1_SUBJECTS = {"MUG": 86, "CK+": 123, "JAFFE": 10, "KDEF": 70}
MUG_SUBJECTS = 52  # section on cleaning: those that are distributed
OWN_IMAGES = 490  # section on data
HP_TEST_IMAGES = 2443  # section on the HP test set
HP_TEST_SUBJECTS = 5
EIW_IMAGES = 7254  # section on EIW; the cells of Table 5 add up to it
TABLE_2 = dict(zip(EMOTIONS, (6220, 4856, 4605, 9329, 3719, 5562, 5623), strict=True))  # strong MUG frames
TABLE_3 = {"training": 41029, "validation": 1867}
MUG_BY_HAND = 161  # of the validation images of Table 3
TABLE_4 = {"training": TABLE_3["training"], "training x 28": 1148812}
LEVELS = ("20 %", "40 %", "60 %", "80 %", "100 %")
TABLE_5 = {  # EIW images per level, 20 % first
    "angry": (194, 323, 221, 207, 227),
    "disgust": (147, 218, 243, 198, 178),
    "fear": (93, 103, 134, 151, 157),
    "happy": (236, 230, 320, 295, 286),
    "sad": (210, 164, 137, 81, 84),
    "surprise": (91, 218, 279, 316, 420),
}
TABLE_5_NEUTRAL = 1093  # a row without levels
TABLE_7 = {  # images of the regression, whose validation is augmented too; that of the classification is not
    "EIW": {"training": 6141, "validation": 682, "training x 28": 171948, "validation x 28": 19096},
    "EIW + MUG": {"training": 13592, "validation": 1663, "training x 28": 380576, "validation x 28": 46564},
}
MUG_NINE_FRAMES = {"training": 7451, "validation": 981}  # section on the regression data

# ---------------------------------------------------------------- results

FIGURE_8_ACCURACY = 0.85  # validation
FIGURE_10_ACCURACY = 0.82  # HP test set
TABLE_6 = {  # the two regression models; Figures 11 and 12 are their confusion matrices, with the same accuracies
    "EIW": {"training loss": 0.13, "validation loss": 0.30, "RMSE": 0.129, "accuracy": 0.772},
    "EIW + MUG": {"training loss": 0.122, "validation loss": 0.239, "RMSE": 0.123, "accuracy": 0.76},
}
FIGURE_11_ACCURACY = TABLE_6["EIW"]["accuracy"]
FIGURE_12_ACCURACY = TABLE_6["EIW + MUG"]["accuracy"]
ABSTRACT_ACCURACY = 0.80  # "over 80 % on two data sets"
VGG_S_ACCURACY = 0.60  # less than; pretrained, fine-tuned on the video task, without a number of images

# ---------------------------------------------------------------- networks and time

SIZE = 128  # pixels of a crop
VARIANTS = 28
MEGABYTES = 12.1  # compact VGG-S
VGG_S_MEGABYTES = 500.0  # more than
ITERATIONS = 50_000
HOURS = 4.5
HP_TEST_SECONDS = 13.68  # on a Titan X
HP_TEST_MILLISECONDS_PER_IMAGE = 5.6

# ---------------------------------------------------------------- computed from the above

TABLE_5_ITEMS = {
    f"{emotion} {level}": images for emotion, row in TABLE_5.items() for level, images in zip(LEVELS, row, strict=True)
} | {"neutral": TABLE_5_NEUTRAL}
STEPS = {  # our drawing of Figure 1, from the text: step -> what it has, the study's notebook, column, row
    "data sets": ("MUG, CK+, JAFFE, KDEF,\nEIW, own, HP test", "03", 0, 1),
    "cleaning": (f"{sum(TABLE_2.values()):,} strong\nframes of MUG", "05", 1, 1),
    "alignment": (f"68 landmarks,\ncrops of {SIZE} pixels", "04", 2, 1),
    "augmentation": (f"{VARIANTS} variants\nof each image", "07", 3, 1),
    "classification": (f"compact VGG-S, {MEGABYTES} MB:\none of seven emotions", "09", 4, 0),
    "intensity regression": ("seven outputs:\nstrength of each, 0 to 1", "10", 4, 2),
    "test": (f"{HP_TEST_IMAGES:,} images of\n{HP_TEST_SUBJECTS} new people", "11", 5, 0),
    "real-time video": ("face by face,\nframe by frame", "17", 5, 2),
}
ARROWS = (
    ("data sets", "cleaning"),
    ("cleaning", "alignment"),
    ("alignment", "augmentation"),
    ("augmentation", "classification"),
    ("augmentation", "intensity regression"),
    ("classification", "test"),
    ("classification", "real-time video"),
    ("intensity regression", "real-time video"),
)
# By the largest of seven outputs 20 and 40 % of an emotion are neutral, so always answering neutral is right so often:
ALWAYS_NEUTRAL = (TABLE_5_NEUTRAL + sum(row[0] + row[1] for row in TABLE_5.values())) / EIW_IMAGES
EIW_UNACCOUNTED = EIW_IMAGES - TABLE_7["EIW"]["training"] - TABLE_7["EIW"]["validation"]  # "inappropriate" images

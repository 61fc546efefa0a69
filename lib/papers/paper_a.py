"""Every number that paper A prints and this study uses, once, with its place in the paper.

A: S. Xu, Y. Cheng, Q. Lin, J. Allebach, Emotion Recognition Using Convolutional Neural Networks. Shares are in [0, 1].
"""

from lib.emotions import EMOTIONS

TABLE_1 = {"MUG sequences": 1462, "CK+ sequences with an emotion": 327, "JAFFE": 213, "KDEF": 4900}
OWN_IMAGES = 490  # section on data
HP_TEST_IMAGES = 2443  # section on the HP test set
HP_TEST_SUBJECTS = 5
EIW_IMAGES = 7254  # section on EIW; the cells of Table 5 add up to it
TABLE_2 = dict(zip(EMOTIONS, (6220, 4856, 4605, 9329, 3719, 5562, 5623), strict=True))  # strong MUG frames
TABLE_3 = {"training": 41029, "validation": 1867}
MUG_BY_HAND = 161  # of the validation images of Table 3
TABLE_4 = {"training": 41029, "training x 28": 1148812}
LEVELS = ("20 %", "40 %", "60 %", "80 %", "100 %")
TABLE_5 = {  # EIW images per level, 20 % first
    "angry": (194, 323, 221, 207, 227),
    "disgust": (147, 218, 243, 198, 178),
    "fear": (93, 103, 134, 151, 157),
    "happy": (236, 230, 320, 295, 286),
    "sad": (210, 164, 137, 81, 84),
    "surprise": (91, 218, 279, 316, 420),
}
TABLE_5_NEUTRAL = 1093
TABLE_6 = {  # the two regression models
    "EIW": {"training loss": 0.13, "validation loss": 0.30, "RMSE": 0.129, "accuracy": 0.772},
    "EIW + MUG": {"training loss": 0.122, "validation loss": 0.239, "RMSE": 0.123, "accuracy": 0.76},
}
TABLE_7 = {  # images of the regression
    "EIW": {"training": 6141, "validation": 682, "training x 28": 171948, "validation x 28": 19096},
    "EIW + MUG": {"training": 13592, "validation": 1663, "training x 28": 380576, "validation x 28": 46564},
}
MUG_NINE_FRAMES = {"training": 7451, "validation": 981}  # section on the regression data
FIGURE_8_ACCURACY = 0.85  # validation
FIGURE_10_ACCURACY = 0.82  # HP test set
FIGURE_11_ACCURACY = 0.772  # matrix of the model trained on EIW
FIGURE_12_ACCURACY = 0.76  # matrix of the model trained on EIW and MUG
HP_TEST_SECONDS = 13.68  # on a Titan X
HP_TEST_MILLISECONDS_PER_IMAGE = 5.6
MEGABYTES = 12.1  # compact VGG-S
VGG_S_MEGABYTES = 500.0  # more than
VGG_S_ACCURACY = 0.60  # less than; pretrained, on the video task
ITERATIONS = 50_000
HOURS = 4.5
SIZE = 128  # pixels of a crop
VARIANTS = 28
ABSTRACT_ACCURACY = 0.80  # "over 80 % on two data sets"

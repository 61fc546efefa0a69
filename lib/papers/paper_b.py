"""Every number that paper B prints and this study uses, once, with its place in the paper.

B: S. Belhekar et al., Emotion Detection Using Deep Learning, EasyChair preprint, 2023. Shares are in [0, 1]. The paper
prints no number of images, no size of an image, no loss, no optimiser and no batch size. What is computed from printed
numbers stands at the end.
"""

# ---------------------------------------------------------------- data and network

CLASSES = ("neutral", "happy", "sad", "surprise", "fear", "disgust", "angry", "contempt")  # section on the data
TENSORFLOW = "2.0"  # section on the software
NETWORK = "resnet50"  # sections 4 and 6, pretrained
FUTURE_NETWORKS = ("resnet101", "resnet152")  # future work

# ---------------------------------------------------------------- results

EPOCHS = (2, 10, 15)  # Table 6.1.1
TABLE_6_1_1 = {"training": (0.8743, 0.8750, 0.8750), "validation": (0.8747, 0.8749, 0.8750)}  # accuracy, by epochs
SECTION_6_1 = {"training": 0.8750, "validation": 0.8748}
ABSTRACT_ACCURACY = 0.87
CONCLUSION_ACCURACY = 0.8748

# ---------------------------------------------------------------- computed from the above

FLAT = 1 - 1 / len(CLASSES)  # binary accuracy of any network none of whose outputs passes one half
PRINTED = {  # every printed accuracy with its place; section 6.1 prints two in one sentence, so there are nine places
    **{
        f"Table 6.1.1, {side}, {epochs} epochs": value
        for side, row in TABLE_6_1_1.items()
        for epochs, value in zip(EPOCHS, row, strict=True)
    },
    "abstract": ABSTRACT_ACCURACY,
    "conclusion": CONCLUSION_ACCURACY,
    **{f"section 6.1, {side}": value for side, value in SECTION_6_1.items()},
}

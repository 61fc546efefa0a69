"""Every number that paper B prints and this study uses, once, with its place in the paper.

B: S. Belhekar et al., Emotion Detection Using Deep Learning, EasyChair preprint, 2023. Shares are in [0, 1]. The paper
prints no number of images, no size of an image, no loss, no optimiser and no batch size. What is computed from printed
numbers stands at the end.
"""

# ---------------------------------------------------------------- data

CLASSES = ("neutral", "happy", "sad", "surprise", "fear", "disgust", "angry", "contempt")  # section on the data

# ---------------------------------------------------------------- results

EPOCHS = (2, 10, 15)  # Table 6.1.1
TABLE_6_1_1 = {"training": (0.8743, 0.8750, 0.8750), "validation": (0.8747, 0.8749, 0.8750)}  # accuracy, by epochs
SECTION_6_1 = {"training": 0.8750, "validation": 0.8748}
ABSTRACT_ACCURACY = 0.87
CONCLUSION_ACCURACY = 0.8748

RELATED = {  # the section on related work: accuracies that it prints, by method and data set
    "plain CNN": {"FER-2013": 0.735},
    "Gabor features": {"Bosphorus": 0.989, "BU-3DFE": 0.935, "MMI": 0.972, "CK+": 0.982},
    "Deep-Emotion": {"FER-2013": 0.7002},  # and 98.3 % for the same set in another place
    "attentive centre loss": {"AffectNet": 0.65},
    "light multi-task": {"AffectNet": 0.6303},
    "multi-level CNN": {"AFEW": 0.493},
    "informative regions": {"MUG": 0.984},
    "cross-connected branches": {"FER-2013": 0.7152, "CK+": 0.9848},
    "SE-ResNet50": {"AffectNet": 0.5654, "RAF-DB": 0.6567},
    "ResNet50": {"images of a camera": 0.9539},
}

# ---------------------------------------------------------------- computed from the above


def printed(label: str) -> str:
    """Return what paper B prints of a method, such as "71.5 % FER-2013, 98.5 % CK+"; empty where it prints nothing."""
    return ", ".join(f"{100 * share:.1f} % {where}" for where, share in RELATED.get(label, {}).items())


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

"""What others print about FER-2013: accuracies on the official private test images.

Figures whose epoch was chosen on the reported images are left out.
"""

PUBLISHED = {
    "people (Goodfellow 2013)": 0.65,
    "VGG, 1.8 M parameters (Pramerdorfer 2016)": 0.727,
    "ResNet18 (LetheSec)": 0.737,
    "ResMaskingNet (phamquiluan)": 0.7414,
}

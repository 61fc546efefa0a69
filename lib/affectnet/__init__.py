"""Paper B's pipeline: the eight emotions of AffectNet, a ResNet, and accuracies of two kinds over the epochs.

photographs   images read when a batch asks for them; the split, whose reported side is AffectNet's own validation set
networks      head first, then all layers, by `lib.training.fit`; what every epoch prints
results       the numbers of paper B beside ours
figures       the figures of notebook 15
"""

"""Facial emotion recognition, reproduced: the code that the notebooks share.

A student reads the rooms in the order of their notebooks: datasets, faces, cleaning, splits, augment, models, training,
intensity, evaluate, timing, predict; then the flat modules as they come up. `synthetic` (the renderer of the
stand-ins) and `runner` (what `./run_all.sh` starts) are annexes: the study can be understood without them.

The pipeline, upstream first; a module imports only from those printed before it:

    emotions, paths, machine, progress, images, records, plots
    papers       every number that a paper prints, once, with its place
    synthetic    rendered faces and the stand-in data sets
    datasets     every data set as one table
    faces        detection, landmarks, alignment; tables in, crops out, at any scale
    cleaning     what is kept, what is dropped, and why
    labelling    labels by hand in a window or notebook, agreement, frames of a video
    splits       subject-disjoint splits, the gate that no leak passes, the register of test reads
    augment      the 28 variants of paper A, and a modern set
    models       networks and the traditional method
    evaluate     figures of merit with 95 % intervals
    binary_accuracy  what an accuracy of 87.5 % means over eight classes
    training     fitting, with resume; what was fitted, on other images
    intensity    how strong an expression is, and how steady an answer is over a sequence
    timing       milliseconds per image, multiply-adds, peak
    side_by_side  networks on the same images, with what each costs
    comparators  the methods that both papers name, fitted alike; networks of every data set on every other
    groups       who is read worse: a designed audit of rendered people, and its own test
    affectnet    paper B: AffectNet, read when a batch asks for it, and a ResNet
    predict      for use: the emotions in a photograph, without TensorFlow; networks for small devices
    own_pictures a folder of one's own: answers, labels by hand, a last layer fitted anew
    explanations where in a face the evidence for an answer lies, and whether a map of it can be trusted
    live         frames of a camera or a file with their answers, steadied; a window
    course       exercises, decks and hand-ins for those who teach with it
    runner       the environment, notebooks executed in order
    cli          one command line over all of it
"""

import os
import sys

for _name, _mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
    if getattr(sys, _name) is None:  # closed by the shell: its number would go to the next file that opens
        setattr(sys, _name, os.fdopen(os.open(os.devnull, os.O_RDWR), _mode))

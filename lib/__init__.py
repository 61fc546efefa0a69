"""Facial emotion recognition, reproduced: the code that the notebooks share.

The pipeline, upstream first; a module imports only from those printed before it:

    emotions, paths, environment, images, seed, report, plots
    synthetic    rendered faces and the stand-in data sets
    datasets     every data set as one table
    faces        detection, landmarks, alignment
    prepare      tables in, crops out, at any scale
    duplicates   exact and near copies of an image
    cleaning     what is kept, what is dropped, and why
    labelling    labels by hand, and the agreement of annotators
    leaks        the gate: what two sides of a split must not share
    splits       subject-disjoint splits, saved; the one reading of the test
    augment_modern  flip, brightness, contrast, RandAugment, cutout, mixup
    augment      the 28 variants of paper A, training batches
    models       networks and the traditional method
    train        fitting, with resume
    intervals    95 % intervals by drawing whole subjects
    evaluate     figures of merit with intervals
    timing       milliseconds per image, multiply-adds, peak
    runner       notebooks executed in order
    cli          one command line over all of it
"""

"""Facial emotion recognition, reproduced: the code that the notebooks share.

The pipeline, upstream first; a module imports only from those printed before it:

    emotions, paths, environment, images, seed, report, plots
    synthetic    rendered faces and the stand-in data sets
    datasets     every data set as one table
    faces        detection, landmarks, alignment
    prepare      tables in, crops out, at any scale
    duplicates   exact and near copies of an image
    cleaning     what is kept, what is dropped, and why
    suspects     labels that a small classifier doubts
    labelling    labels by hand in a window or notebook, agreement, frames of a video
    leaks        the gate: what two sides of a split must not share
    splits       subject-disjoint splits, saved; the one reading of the test
    augment      the 28 variants of paper A, and a modern set
    models       networks and the traditional method
    train_settings  how a network is fitted, what a fit was
    train        fitting, with resume
    intervals    95 % intervals by drawing whole subjects
    evaluate     figures of merit with intervals
    fitted       what notebook 06 has fitted, on other images
    timing       milliseconds per image, multiply-adds, peak
    results      every number of paper A beside ours
    runner       notebooks executed in order
    cli          one command line over all of it
"""

"""Runs the notebooks of the study in order: `python -m lib.runner smoke`; `./run_all.sh` is a thin script over it.

    environment  the packages that the study needs, and an environment that has them
    notebook     what the runner reads of a notebook: title, introduction, parameters, what it comes after
    plan         which notebooks with which parameters; refuses before anything runs
    machines     the cluster and the devices that a run uses, if any
    data         which data sets are real and which stand-ins
    schedule     which notebooks run at the same time
    pace         how long the run will take on this machine
    worker       one notebook in a process of its own, with papermill
    execute      starts the worker, watches its memory and its work, ends its whole process tree
    tree         a process with all that it started
    screen       what the reader sees of a run, and its log
    reference    results beside the reference: reproduced or not
    gates        how near is near enough, result by result
    faults       whether a whole run reproduces the published one
    findings     what was found, in words, and the paper's numbers beside ours
    figures      the figures in git, with their provenance and captions
    publish      what is published of a run, and the README's tables
    pages        an executed notebook as a page
    site         the report: its first page, and the pages of the notebooks
    start        what notebook 00 shows

A folder rather than one module, because each of these is read alone.
"""

import sys

# jsonschema, which every notebook's reader brings, else builds a grammar of international web addresses at its import:
# two seconds of each process, for a check that no notebook asks for
sys.modules.setdefault("rfc3987_syntax", None)

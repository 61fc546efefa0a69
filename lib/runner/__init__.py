"""Runs the notebooks of the study in order: `python -m lib.runner smoke`; `./run_all.sh` is a thin script over it.

    notebook  what the runner reads of a notebook: title, introduction, parameters
    plan      which notebooks with which parameters; refuses before anything runs
    worker    one notebook in a process of its own, with papermill
    execute   starts the worker, watches its memory, ends its whole process tree
    verdict   results against the reference: reproduced or not
    publish   the reference, the figures in git and the README's table
    site      the executed notebooks as one linked site

A folder rather than one module, because each of these is read alone.
"""

#!/usr/bin/env bash
# The whole study in one command: makes the environment when there is none, then runs the notebooks.
set -euo pipefail

export FACE_STUDY_CALLER="${FACE_STUDY_CALLER:-$PWD}"
cd "$(dirname "${BASH_SOURCE[0]}")"
export PYTHONPATH="$PWD${PYTHONPATH:+:$PYTHONPATH}"
export KERAS_BACKEND="${KERAS_BACKEND:-tensorflow}" TF_CPP_MIN_LOG_LEVEL="${TF_CPP_MIN_LOG_LEVEL:-2}"

exec .venv/bin/python -m lib.runner "$@"

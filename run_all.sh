#!/usr/bin/env bash
# The whole study in one command: makes the environment where there is none, then runs the notebooks.
#   ./run_all.sh                the study as a reader runs it (profile standard); --help lists what it takes
#   ./run_all.sh test           every test
#   ./run_all.sh lab            JupyterLab on the notebooks
#   ./run_all.sh score FOLDER   what students handed in, scored on a hidden test
set -euo pipefail

export FACE_STUDY_CALLER="$PWD" # --data is relative to it
cd "$(dirname "${BASH_SOURCE[0]}")"
export PYTHONPATH="$PWD${PYTHONPATH:+:$PYTHONPATH}"
unset PYTHONDONTWRITEBYTECODE # without bytecode on the disk every process would compile TensorFlow anew, for 8 seconds
export KERAS_BACKEND="${KERAS_BACKEND:-tensorflow}" TF_CPP_MIN_LOG_LEVEL="${TF_CPP_MIN_LOG_LEVEL:-2}"

# any Python that fits can look for the environment, or make it
for python in .venv/bin/python python3.11 python3.12 python3.10 python3 ""; do
  if "${python:-false}" -c 'import sys; sys.exit(not (3, 10) <= sys.version_info < (3, 13))' 2>/dev/null; then break; fi
done
if [ -z "$python" ]; then
  echo "run_all: no Python 3.10, 3.11 or 3.12 here ($(python3 --version 2>&1 || true)). Install one (Debian, Ubuntu:" \
    "sudo apt install python3.11 python3.11-venv; macOS: brew install python@3.11; conda: environment.yml) and call again." >&2
  exit 3
fi
python="$("$python" -m lib.runner.environment)"

case "${1:-}" in
  test)
    shift # a worker per core and one thread in each: quicker than the reverse
    export OMP_NUM_THREADS=1 TF_NUM_INTRAOP_THREADS=1 TF_NUM_INTEROP_THREADS=1
    exec "$python" -m pytest --numprocesses logical --maxprocesses 4 --dist loadfile --no-loadscope-reorder "$@"
    ;;
  lab)
    shift # a setting of ours, beside the reader's own: no question about news
    export JUPYTER_CONFIG_PATH="$PWD/lib/runner/jupyter${JUPYTER_CONFIG_PATH:+:$JUPYTER_CONFIG_PATH}"
    exec "$python" -m jupyterlab notebooks "$@"
    ;;
  score)
    shift
    exec "$python" -m lib.course "$@"
    ;;
  *) exec "$python" -m lib.runner "$@" ;;
esac

"""What `./run_all.sh` starts: `lib.runner.run`, whose imports take two seconds in which Ctrl-C may come."""

import sys

try:
    from lib import machine

    machine.stop_like_ctrl_c()
    from lib.runner.run import main

    sys.exit(main())
except KeyboardInterrupt:
    print("\nstopped; what was finished stays, and the same command goes on from here", file=sys.stderr)
    sys.exit(130)

"""Training: settings, one resumable fit, many fits side by side, and what they left on disk."""

from lib.training.fit import fit, share_over_devices
from lib.training.loss import lowest_loss
from lib.training.seed import set_seed
from lib.training.settings import MODERN, Record, Settings, read

__all__ = ["MODERN", "Record", "Settings", "fit", "lowest_loss", "read", "set_seed", "share_over_devices"]

"""Labels by hand: the session and its file, a window and a widget over it, agreement, and frames worth labelling."""

from lib.labelling.session import COLUMNS, Session, agreement

__all__ = ["COLUMNS", "Session", "agreement"]

"""Labels by hand, agreement of annotators, and frames worth labelling.

session       what is shown, asked and answered; agreement
labels_file   labels.csv: checked, locked, backed up
window        the session in a window
widget        the session in a notebook
recordings    frames of a video
"""

from lib.labelling.labels_file import COLUMNS
from lib.labelling.session import Session, agreement, practice

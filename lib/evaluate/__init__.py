"""Figures of merit with 95 % intervals: labels, intensities, calibration, comparisons.

Conventions
-----------
* **Labels** are emotion names, `y_true` (N,). **Intensities** are float (N, 7) in [0, 1] in the order of `EMOTIONS`.
* **Seeds.** A prediction may carry a first axis of S training seeds, (S, N) or (S, N, 7); a figure is then the mean
  over seeds of the figure of each seed, never the figure of an average network.
* **Groups** (N,) name what is drawn as a whole: a subject, or a cluster of duplicates. `lib.evaluate.bootstrap` says
  what an interval covers.
* **Confusion matrices** have true emotions in rows and predicted ones in columns.
* **Undefined is NaN**: the recall of an emotion without images, a correlation with a constant. Means leave it out.
* **Units.** Everything is a share or an intensity; nothing is in per cent.

    metric                              range       better  of
    accuracy, balanced accuracy         [0, 1]      higher  all images
    macro F1                            [0, 1]      higher  all images
    recall                              [0, 1]      higher  one emotion
    expected calibration error          [0, 1]      lower   all images
    RMSE, MAE                           [0, inf)    lower   all outputs, one emotion's output; RMSE also of one level
    RMSE, labelled emotion              [0, inf)    lower   the labelled emotion's output
    error SD, bias removed              [0, inf)    lower   all outputs
    PCC, CCC, ICC(3,1)                  [-1, 1]     higher  mean of the outputs, one emotion's output
    accuracy, argmax of 7               [0, 1]      higher  all images
    accuracy, strongest without neutral [0, 1]      higher  images with an emotion

`explain_accuracy` tells what a printed "accuracy" may stand for, on anybody's own predictions.
"""

from lib.evaluate.bootstrap import RESAMPLES
from lib.evaluate.comparison import against, apart, by, compare, gap, holm, leaderboard, mcnemar, mean, order, scores
from lib.evaluate.explanation import explain_accuracy
from lib.evaluate.intensity_metrics import LEVELS, NEUTRAL, levels, regression
from lib.evaluate.label_metrics import calibration, classification, confusion
from lib.evaluate.table import wilson

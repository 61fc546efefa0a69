"""Training: settings, one resumable fit, many fits side by side, the gate, and what was fitted on other images.

settings            how a network is fitted, and the record of a fit
loss                the floor of the sigmoid head's loss
seed                one seed for Python, NumPy and the backend
devices             all devices of one machine or several, where they share a fit
fit                 one fit; a killed one goes on and ends with the same bytes
gate                which networks have learned enough to be judged
runs                a table of fits, a process per core
trained_networks    the networks of notebook 09, for the notebooks that measure them
classification      the images, tables and results of notebook 09
real_faces          those of notebook 13; figures draws them
fair_trial          paper A's network and a modern one under one protocol
ablation            the modern recipe with one part changed at a time
memory              what networks gain on near duplicates that they have learned
calibration         one temperature
transfer            real and rendered faces side by side
"""

from lib.training import devices
from lib.training.devices import share_over_devices
from lib.training.fit import fit
from lib.training.gate import failures, not_learned, passed
from lib.training.loss import lowest_loss
from lib.training.runs import advice, fit_runs, histories, not_fitted, outputs, sides
from lib.training.seed import set_seed
from lib.training.settings import MODERN, RECIPES, Record, Settings, read

devices.join()

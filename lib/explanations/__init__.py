"""Where in a face the evidence for an answer lies, by maps, and how far such maps can be trusted.

photographs  one person at rest and with an expression, in the same light: what changed is the truth
maps         occlusion, Grad-CAM, and edges, which know nothing of the network
trust        the maps against the truth, and against networks of random weights
figures      of notebook 22
"""

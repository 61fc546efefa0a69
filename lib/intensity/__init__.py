"""How strong an expression is, and how steady an answer is over a sequence.

levels      baselines that look at no image; error and accuracy by level
networks    the two regression models, on images and on their 28 variants
leak        what it is worth that training has seen the people
flicker     rendered sequences, and how much outputs and labels jump over one
figures     the figures of notebook 10
"""

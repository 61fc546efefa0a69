"""Who is read worse: an audit of rendered groups, and the audit's own test.

design      the same people in every group; training sets without a bias and with a planted one
audit       gaps between groups with intervals, kinds of error, false alarms and power
networks    the networks that are audited
figures     the figures of notebook 21
"""

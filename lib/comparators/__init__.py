"""Every method that the two papers name, fitted alike on the same faces; networks of every data set on every other.

named       the methods: what each is, where from, what is printed of it; the table of their fits
networks    one module per network
board       accuracy, costs and order of all of them
sequences   answers for a whole sequence, from the features of its frames
matrix      a network of each data set, tested on each
figures     the figures of notebook 20
"""

"""Live: frames in, frames with emotion and intensity out, without one step waiting for another.

video       frames of files and cameras with their times
places      a place for one frame between two threads; the threads
track       the same face from frame to frame, and who is who among several
smooth      steadier answers: none, exponential average, median, one-euro filter
reader      a frame and its answers
overlay     what is drawn on a frame
play        a file or a camera into a file, a window or a notebook
jitter      how much smoothing steadies, and how much it delays
fitted      the networks of notebooks 09 and 10 as a predictor of rendered faces
trials      a rendered film, a slow reader, the cost of a frame
figures     the figures of notebook 17
window      the window with two buttons (tkinter): its pages, the work behind it in `pages` and `jobs`
"""

"""The course: exercises that check themselves, a deck for each lesson, and hand-ins that are scored.

exercises   what a student gets of a solved notebook
checks      what is wrong with an answer, in words, without the answer
practice    a small table of stand-ins with leaks, without any image
hidden      the hidden test of the project: drawn from the teacher's seed, with canaries
hand_ins    what a student may hand in; anything else is refused
book        the texts of the course as pages of the report, and a search over it
slides      a deck for each lesson, from its executed notebook
score       the leaderboard; `./run_all.sh score FOLDER`
"""

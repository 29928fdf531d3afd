"""Numbers from lines of the public journal: folds, precision, recall, open cases of a month.

Pure. It may import `journal`. Start with `folding`, then `case_counting`.
"""

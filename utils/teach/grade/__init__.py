"""Marks a folder of returned notebooks: `python -m utils.teach.grade SUBMISSIONS/ --out marks.csv`.

Marks come from running the answers again, never from stored outputs, and an answer runs in a process of its own that
knows nothing of the judge's.
"""

"""What is asked, and what goes wrong: a Markdown file a chapter, and beside them the Python that they call.

`catalogue` reads these files. The draws of an exercise, and formulas of several lines, are Python.
"""

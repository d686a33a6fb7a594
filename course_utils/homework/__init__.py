"""A notebook as homework: what students get, and what grades it and stays with the instructor.

``python -m course_utils homework 02`` writes both, in the form of nbgrader. It was chosen over
otter-grader in November 2026. Both are kept up: nbgrader 0.9.6 runs on Python 3.11 and later and
on JupyterLab 4, otter-grader 7.0.0 on 3.10 to 3.14, and releases come more often there. But
otter-grader's formats changed with its major versions (its change log names 4 and 5), and it grades
many submissions in Docker alone; nbgrader belongs to Project Jupyter, reads cells in the older of
its forms, grades wherever notebooks run, and before it does, puts back check cells that a student
has changed.

What is held, and what is not, stands in ``grading``.
"""

from .grading import NoPoints, grade

__all__ = ["NoPoints", "grade"]

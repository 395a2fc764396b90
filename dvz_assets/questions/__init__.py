"""Questions that are put to a home: explain, person, diff, plan, verify, status. They read, and change nothing.

What has to be computed for an answer is computed in a home of its own, which is removed at the end (``recomputation``).
"""

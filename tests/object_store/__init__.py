"""A home in an object store: the same results, never half of one, and one run of a month at a time.

The store is rclone on a folder of the test, so that what was put can be compared as files. Locks are PostgreSQL's.
"""

"""Explains one person's outcome in one month: each test in order, the fact it looked at, its parameter and its law.

``facts`` reads what is known of the person, ``tests`` states the rules once more in Python, one function per test,
``explanation`` puts both together and compares the result with the recorded decision. Independent of the SQL on
purpose: an explanation that only repeated the decision would explain nothing.
"""

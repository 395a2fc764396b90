"""A slow, obvious implementation of contract.md and rules.md: person by person and day by day, in plain Python.

It shares nothing with the pipeline, so that an error has to be made twice to stay unseen. ``landing`` reads deliveries
and judges rows, ``rules`` decides. Amounts are fractions, days are days.
"""

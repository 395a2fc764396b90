"""A slow, obvious implementation of contract.md and rules.md: person by person and day by day, in plain Python.

It shares nothing with the pipeline, so that an error has to be made twice to stay unseen. ``landing`` reads deliveries
and judges rows, ``knowledge`` holds what is known at a month, ``rules`` decides, ``corrections`` takes signals back.
Amounts are fractions, days are days.
"""

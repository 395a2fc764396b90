"""What stands in a home, and how it appears there whole: storage, lake, locks, keys and ledger.

Nothing here knows what the rows mean or how a month is made; that is ``flow``.
"""

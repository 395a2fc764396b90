"""What stands in a home, and how it appears there whole.

Storage, lake, deliveries, archived reference tables, locks, keys and ledger. Nothing here knows what the rows mean or
how a month is made; that is ``flow``.
"""

"""Cleaned layer: typed rows that keep every row-level rule; the others go to quarantine with their reason.

Row-level rules (``dvz_assets.landing``) apply to the whole file first, minimisation afterwards (contract section 1.5).
One module per asset, for a change of the code that writes one makes its partitions stale and no others.
"""

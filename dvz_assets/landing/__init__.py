"""Everything that reads the landing zone (contract, sections 1 and 3), as plain functions.

``received`` alone opens files and folders, and ``zone`` finds months; ``voucher`` and ``files`` check a delivery as a
whole, with ``csv_text`` and ``parquet_text`` for the two formats; ``*_rows`` judge rows; ``insz`` and ``identity`` know
numbers. Nothing here writes, and nothing here knows the rules of selection.
"""

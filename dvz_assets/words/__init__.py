"""The words for people: labels of codes, texts in four languages, days, amounts and citations as a language has them.

``labels`` are data (``reference/labels.csv``), texts longer than a label are gettext catalogues (``locale/*.po``). What
a page says and in which order is not here: that stands in the pages.
"""

"""The monthly report: one self-contained page per month for those who read no database. No personal data.

``content`` gathers what is said, from the analysts' file and the manifests; ``charts`` draws; ``page`` renders it.
"""

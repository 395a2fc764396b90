"""OCMWs of the synthetic statements: the NIS code of a municipality and its weight among the files.

A selection, with the codes in use in 2017-2018; the large cities carry most files, as they do.
"""

_MUNICIPALITIES = (
    *((11002, 90), (44021, 55), (62063, 70), (52011, 60), (92094, 28), (53053, 24), (24062, 16), (31005, 14)),
    *((21004, 60), (21015, 55), (21012, 55), (21001, 55), (21009, 30), (21013, 28), (21007, 22), (21005, 18)),
    *((21016, 12), (34022, 12), (35013, 18), (12025, 15), (71016, 14), (71022, 11), (55022, 18), (57081, 16)),
    *((63079, 18), (62096, 16), (63023, 4), (41002, 10), (46021, 12), (13040, 8), (36015, 7), (91034, 4)),
    *((81001, 7), (82003, 3), (25112, 7), (25072, 6), (23088, 7), (23027, 5), (62051, 8), (54007, 11)),
)
MUNICIPALITY_CODES = tuple(str(code) for code, _ in _MUNICIPALITIES)
MUNICIPALITY_WEIGHTS = tuple(weight for _, weight in _MUNICIPALITIES)

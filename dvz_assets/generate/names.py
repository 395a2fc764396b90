"""Invented names: every last name holds a word for "example" or "trial", so that nobody takes one for a person.

They carry what real names carry and what breaks careless readers: letters beyond ASCII, apostrophes, and now and then
a separator or a quotation mark.
"""

from itertools import product

_WORDS = (
    "Voorbeeld",
    "Proef",
    "Model",
    "Fictief",
    "Exempel",
    "Schijn",
    "Dummy",
    "Sjabloon",
    "Verzonnen",
    "Échantillon",
)
_ENDINGS = ("", "mans", "aerts", "inckx", "ović", "eau", "ez", "sen", "oğlu", "escu")
_PARTICLES = ("Van ", "De ", "El ", "D'", "Ben ")
_ODD = ("O'Specimen", "Ünecht", "Šablona", "Przykład-Próba", 'Proef "de Tweede"')

LAST_NAMES = (
    *(word + ending for word, ending in product(_WORDS, _ENDINGS)),
    *(particle + word for particle, word in product(_PARTICLES, _WORDS)),
    *_ODD,
)
FIRST_NAMES = (
    *("Zoë", "Renée", "José", "Ülkü", "Ćiro", "Anaïs", "Élise", "Łucja", "Søren", "Chloë", "Noël", "Günther"),
    *("Jan", "Sofie", "Maria", "Fatima", "Mohamed", "Yusuf", "Amina", "Elena", "Ion", "Tomasz", "Aïcha", "Omar"),
    *("Lucas", "Emma", "Noor", "Pieter", "Marie", "Karim", "Samira", "Daan", "Inès", "M'hamed", "Ana", "Viktor"),
    *("Jan Pieter", "Maria Elena", "Anne-Sophie", "Jean-Noël", "Ana; María"),
)

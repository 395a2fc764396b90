"""Of what a measure of a month is: the code beside its name, in words where people have one."""

from dvz_assets.words.texts import listed, say, word

# kind of label of the codes of a measure; OCMW, article, help type, sign and months are read as they are
KINDS = {
    "PERSONS_BY_REGION": "region",
    "PERSONS_BY_OCMW_SIZE": "ocmw_size",
    "PERSONS_BY_AID_KIND": "aid_kind",
    "PERSONS_BY_SPELL": "spell",
    "PERSONS_BY_REGISTER": "register",
    "PERSONS_BY_DOCUMENT": "document",
    "PERSONS_BY_NATIONALITY_GROUP": "nationality_group",
    "REJECTS_BY_REASON": "reject_reason",
    "CENTS_BY_AID_KIND": "aid_kind",
}
MOTIVES = "PERSONS_BY_MOTIVE"
NONE, UNKNOWN = "(none)", "(unknown)"


def measured(measure: str, code: str) -> str:
    """The code of a measure in the language spoken."""
    if code == NONE:
        return say("none")
    if code == UNKNOWN:
        return say("unknown to the tables")
    if measure == MOTIVES:
        return listed([word(kind, part) for kind, part in zip(("category", "capacity"), code.split(), strict=False)])
    return word(KINDS[measure], code) if measure in KINDS else code

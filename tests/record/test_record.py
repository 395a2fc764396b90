"""The record of processing says what tables, rules and settings say, and its JSON-LD is RDF of the vocabulary."""

import csv
import json
import re
from pathlib import Path

import pytest
from rdflib import RDF, BNode, Graph, Literal, Namespace, URIRef
from typer.testing import CliRunner

from dvz_assets.cli.main import app
from dvz_assets.months import Month
from dvz_assets.project_files import reference_folder
from dvz_assets.reference import Reference
from dvz_assets.report.dpv import CONTEXT
from dvz_assets.report.record import CATEGORIES, record_of
from dvz_assets.settings import Settings
from dvz_assets.tables.reference import LANGUAGES
from dvz_assets.words.labels import load_labels

MONTH = "2018-11"
DPV = Namespace(CONTEXT["dpv"])
# the terms of the release 2.1 that the project uses, with the kind that each has there
VOCABULARY = {row["term"]: row for row in csv.DictReader((Path(__file__).parent / "dpv-2.1.csv").open())}
KINDS = {
    "hasPurpose": "Purpose",
    "hasLegalBasis": "LegalBasis",
    "hasDataSubject": "HumanSubject",
    "hasPersonalData": "PersonalData",
    "hasDataSource": "DataSource",
    "hasProcessing": "Processing",
    "hasStorageCondition": "StorageCondition",
    "hasDataSubjectScale": "DataSubjectScale",
    "hasGeographicCoverage": "GeographicCoverage",
    "hasHumanInvolvement": "HumanInvolvement",
    "hasTechnicalOrganisationalMeasure": "Measure",
    "isMitigatedByMeasure": "Measure",
    "hasRecipient": "Recipient",
    "hasProcess": "PersonalDataProcess",
    "hasRisk": "Risk",
    "hasImpactAssessment": "DPIA",
}


def dvz(*arguments: str) -> str:
    answer = CliRunner().invoke(app, ["record", "--month", MONTH, *arguments])
    assert answer.exit_code == 0, answer.stderr
    return answer.stdout


@pytest.fixture(scope="module")
def graph() -> Graph:
    return Graph().parse(data=dvz("--json-ld"), format="json-ld", publicID="https://dvz.example/record")


def short(term: object) -> str:
    """A term with its prefix; the whole of it where it is of no vocabulary that the record uses."""
    for prefix, namespace in CONTEXT.items():
        if str(term).startswith(namespace):
            return f"{prefix}:{str(term).removeprefix(namespace)}"
    return str(term)


def test_every_term_is_one_of_the_vocabulary(graph: Graph) -> None:
    used = {short(each) for triple in graph for each in triple[1:] if isinstance(each, URIRef)}
    of_dpv = {each for each in used if each.split(":")[0] in ("dpv", "eu-gdpr", "pd")}
    assert of_dpv - VOCABULARY.keys() == set()
    assert len(of_dpv) > 40
    assert {term for term in VOCABULARY if ":" in term} >= of_dpv


def test_every_property_has_values_of_its_kind(graph: Graph) -> None:
    for name, kind in KINDS.items():
        values = {*graph.objects(None, DPV[name])}
        assert values, name
        for value in values:
            types = {value} if str(value).startswith(str(DPV)) else {*graph.objects(value, RDF.type)}
            found = {term for each in types for term in (short(each), VOCABULARY[short(each)]["kind"])}
            assert any(each.endswith(kind) for each in found), (name, found)


def test_every_activity_has_what_article_30_asks_for(graph: Graph) -> None:
    activities = {*graph.objects(None, DPV.hasProcess)}
    assert len(activities) == 3
    for name in (
        "hasPurpose",
        "hasLegalBasis",
        "hasDataSubject",
        "hasPersonalData",
        "hasRecipient",
        "hasStorageCondition",
    ):
        assert {*graph.subjects(DPV[name], None)} >= activities, name
    assert len({*graph.objects(None, DPV.hasDataController)}) == len({*graph.objects(None, DPV.hasAuthority)}) == 1


def test_every_text_is_there_in_every_language(graph: Graph) -> None:
    for node in {*graph.subjects(RDF.type, None)}:
        texts = graph.objects(node, Namespace(CONTEXT["dct"]).description)
        said = [each.language for each in texts if isinstance(each, Literal)]
        assert {*said} in ({*LANGUAGES}, set())
        assert said or not isinstance(node, BNode)


def test_the_data_are_the_columns_that_the_regime_authorises() -> None:
    reference = Reference.load(reference_folder())
    fields = reference.tables["export_fields"]
    assert {*CATEGORIES} >= {*fields["column"]}
    for month in ("2018-05", MONTH):
        regime = reference.regime_of(Month.parse(month))
        labels = load_labels()
        expected = {labels.label("field", column, "nl") for column in fields.filter(regime=regime)["column"]}
        said = CliRunner().invoke(app, ["record", "--month", month]).stdout
        listed = said.partition("### Gegevens\n")[2].partition("\n### ")[0]
        assert {re.sub(r" \(.*\)$", "", line.removeprefix("- ")) for line in listed.split("\n") if line} == expected


def test_safeguards_and_retention_are_those_of_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "leveringen worden niet versleuteld" in dvz().lower()
    assert "60 maanden" in dvz()
    monkeypatch.setenv("DVZ_RETENTION_MONTHS", "24")
    monkeypatch.setenv("DVZ_HISTORY_RETENTION_MONTHS", "120")
    monkeypatch.setenv("DVZ_DELIVERY_RECIPIENT", "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p")
    monkeypatch.setenv("DVZ_CONTACT_AUTHORITY", "GBA, Drukpersstraat 35, 1000 Brussel")
    said = dvz()
    assert "60 maanden" not in said
    assert all(text in said for text in ("24 maanden", "120 maanden", "Drukpersstraat"))
    assert "niet versleuteld" not in said
    assert "worden versleuteld" in said


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_is_a_document_in_each_language(tmp_path: Path, language: str) -> None:
    path = tmp_path / "record.html"
    dvz("--language", language, "--html", str(path))
    assert f'<html lang="{language}">' in path.read_text("utf-8")


def test_the_record_names_tables_with_personal_data_alone() -> None:
    named = {each.name: each.columns for each in record_of(Settings(), Month.parse(MONTH)).tables}
    assert {"novaprima_statement", "register_snapshot", "decisions", "dvz_export"} <= {*named}
    assert min(named.values()) > 0
    assert json.loads(dvz("--json-ld"))["@type"] == "dpv:DataProcessingRecord"

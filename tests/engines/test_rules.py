# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules: annotated, fired and quiet, and never passed by something that is missing."""
from __future__ import annotations

import collections
import copy
import json

import jsonschema
import pytest
from ansible_collections.no502.node.plugins.plugin_utils.decision import (
    results as decision_results,
    text as decision_text,
)
from ansible_collections.no502.node.plugins.plugin_utils.engine import (
    catalog as bundle_catalog,
    embedded as embedded_engine,
)

from .conftest import ROOT, cases, documents

STATUS = {"fires": "fail", "quiet": "pass", "not_applicable": "not_applicable",
          "unknown": "unknown"}
RULES = bundle_catalog.catalog()["rules"]


def only(slugs):
    """An evaluator of those rules alone: it takes a fifth of the time of all."""
    data = json.loads(bundle_catalog.DATA.read_text(encoding="utf-8"))
    data["no502"]["meta"]["rules"] = {
        area: {name: rule for name, rule in rules.items() if f"{area}.{name}" in slugs}
        for area, rules in data["no502"]["meta"]["rules"].items()
    }
    return embedded_engine.Embedded(data=json.dumps(data).encode())


def judged(evaluator, document):
    """The statuses of all results, by rule and subject's place."""
    found = collections.defaultdict(list)
    for result in evaluator.evaluate(document)["results"]:
        found[result["rule"], result["subject"]].append(result["status"])
    return found


VALUE = {"value", "unit", "origin", "source"}


def leaves(part, path=()):
    """The paths of all scalars, of what a value or a version says, and of all empty lists."""
    if path and path[-1] in ("value", "version"):
        yield path
    elif isinstance(part, dict) and part:
        for name, value in part.items():
            yield from leaves(value, (*path, name))
    elif isinstance(part, list) and part:
        for place, value in enumerate(part):
            yield from leaves(value, (*path, place))
    else:
        yield path


def at(document, path):
    """What a document has at a path."""
    for step in path:
        document = document[step]
    return document


def untouched(evaluator, document, before):
    """A function: whether a leaf belongs to a value that none of the rules look at.

    They do not, if nothing changes however large it is, nor without it.
    """
    found = {}

    def tell(path):
        whole = path[:-1]
        value = at(document, whole)
        if not isinstance(value, dict) or set(value) != VALUE:
            return False
        if whole not in found:
            other = [changed(document, (*whole, "value"), each)
                     for each in others(document, (*whole, "value"))]
            other.append(changed(document, whole, remove=True))
            found[whole] = all(judged(evaluator, each) == before for each in other)
        return found[whole]

    return tell


def changed(document, path, value=None, remove=False):
    """A copy of a document with one leaf replaced, or removed."""
    result = copy.deepcopy(document)
    part = result
    for step in path[:-1]:
        part = part[step]
    if remove:
        del part[path[-1]]
    else:
        part[path[-1]] = value
    return result


def schema(kind):
    """The JSON schema of one kind of document."""
    return json.loads((ROOT / "policies" / "schema" / f"{kind}.json").read_text(encoding="utf-8"))


def test_each_rule_has_a_document_that_fires_and_one_that_does_not():
    kinds = collections.defaultdict(set)
    for slug, kind, _name, _document in cases():
        kinds[slug].add(kind)
    assert set(kinds) == set(RULES)
    assert [slug for slug in kinds if not {"fires", "quiet"} <= kinds[slug]] == []


def test_each_document_fits_its_schema():
    for document in documents():
        jsonschema.validate(document, schema(document["kind"]))


def test_each_document_gives_what_it_is_there_for(embedded):
    for slug, kind, name, document in cases():
        statuses = {
            result["status"] for result in embedded.decide(document) if result["rule"] == slug
        }
        assert statuses == {STATUS[kind]}, (slug, kind, name)


def test_every_text_can_be_rendered(embedded):
    for slug, kind, name, document in cases():
        for result in decision_results.results(document, embedded.decide(document)):
            assert result["message"].strip(), (slug, kind, name)
            assert "None" not in f"{result['message']} {result['fix'] or ''}", (slug, kind, name)
            assert bool(result["fix"]) or result["status"] != "fail"


@pytest.mark.parametrize("slug", sorted(RULES))
def test_each_rule_is_annotated(slug):
    rule = RULES[slug]
    assert rule["title"] and rule["description"] and rule["references"]
    assert rule["document"] in ("host", "route", "fleet")
    assert rule["about"] in ("nginx", "process", "pm2", "pm2_app", "route", "peer", "waiver")
    assert rule["severity"] in ("error", "warning", "info")
    assert rule["prevents"] in ("502", "504", "truncation", "latency", "contract")
    assert rule["prevents"] != "contract" or rule["severity"] != "error"
    assert rule["message"] and rule["fix"]
    assert set(rule) <= {
        "title", "description", "references", "document", "about", "severity", "prevents",
        "message", "fix", "fix_unknown", "reasons", "setting",
    }


def test_each_reason_has_a_text(embedded):
    texts = {slug: {**decision_text.REASONS, **rule.get("reasons", {})}
             for slug, rule in RULES.items()}
    for document in documents():
        for result in embedded.decide(document):
            if result["status"] in ("unknown", "not_applicable"):
                assert result["reason"] in texts[result["rule"]]


def unique(kind, most):
    """The documents of that kind, each once, with the rules that have it among their first ones."""
    rules, counts = collections.defaultdict(list), collections.Counter()
    for slug, its_kind, _name, document in cases():
        counts[slug, its_kind] += 1
        if its_kind == kind and counts[slug, its_kind] <= most:
            rules[json.dumps(document, sort_keys=True)].append(slug)
    return [
        pytest.param(json.loads(text), slugs, id=f"{slugs[0]}-{number}")
        for number, (text, slugs) in enumerate(rules.items())
    ]


def removals(evaluator, document):
    """Each leaf's path, and what is judged without it, after a check that nothing vanished."""
    before = judged(evaluator, document)
    ignored = untouched(evaluator, document, before)
    for path in leaves(document):
        if path[-1] in ("kind", "nginx", "peers", "pm2", "pm2_apps", "processes", "waivers"):
            continue  # without these it is no document of its kind, or has no such subjects
        if ignored(path):
            continue
        after = judged(evaluator, changed(document, path, remove=True))
        assert set(after) == set(before), path
        assert all(len(said) == 1 for said in after.values()), path
        yield path, before, after


@pytest.mark.parametrize("document, slugs", unique("fires", 99))
def test_no_failure_passes_by_a_removal(document, slugs):
    for path, before, after in removals(only(slugs), document):
        for key, said in after.items():
            if before[key] == ["fail"]:
                assert said in (["fail"], ["unknown"]), (key, path)


@pytest.mark.parametrize("document, slugs", unique("quiet", 1))
def test_nothing_passes_without_what_it_depends_on(document, slugs):
    evaluator = only(slugs)
    for path, before, after in removals(evaluator, document):
        held = {key for key, said in after.items() if said[0] in ("pass", "not_applicable")}
        for value in others(document, path):
            other = judged(evaluator, changed(document, path, value))
            wrong = {key for key in held if other.get(key, before[key]) != before[key]}
            assert not wrong, (path, value)


def others(document, path):
    """Values that a rule which looks at a leaf would tell from its own."""
    value = at(document, path)
    if isinstance(value, bool):
        return (not value, None)
    if isinstance(value, int):
        return (0, 2**53 - 1, None)
    return ("unknown", None) if path[-1] == "origin" else ("silent", "strict", "1.0", None)


def test_the_parts_that_two_schemas_share_are_the_same():
    route, host = schema("route")["definitions"], schema("host")["definitions"]
    for name in set(route) & set(host):
        assert route[name] == host[name]
    summary, whole = route["optional_node"]["properties"], host["node"]["properties"]
    assert summary == {name: whole[name] for name in summary}

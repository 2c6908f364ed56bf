"""The record of verdicts: what has not changed is silent, and a sentence that has is found and shown once."""

import json

import pytest

from tests import record
from utils.exercises import BANK

TOLD = BANK["2a_1.softmax"].mistakes[0]


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """A record of one chapter, without derivations."""
    path, of_softmax = tmp_path_factory.mktemp("record") / "record.jsonl", record.one_slip.slips("2a_1.softmax")[::9]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(record, "_derivations", list)
        patch.setattr(record.one_slip, "slips", lambda: of_softmax)
        patch.setattr(record, "BANK", {name: asked for name, asked in BANK.items() if name.startswith("2a_1.")})
        record.write(path)
        yield path


def test_a_tree_is_told_what_it_was(written, capsys):
    assert not record.compare(written)
    assert "are told what they were" in capsys.readouterr().out


def test_a_changed_sentence_a_lost_answer_and_a_lost_place_are_found(written, tmp_path, capsys):
    lines = [json.loads(line) for line in written.read_text(encoding="utf-8").splitlines()]
    of = [
        line for line in lines if line["told"].get("mistake") == TOLD.slug and line["key"].startswith("2a_1.softmax ")
    ]
    for line in of:
        line["told"]["message"] = line["told"]["message"].replace(TOLD.feedback, f"Some words. {TOLD.feedback}")
    lines.append(
        {"key": "2a_1.softmax mistakes gone 1 draw 0", "entry": {"of": "mistakes", "at": 0, "draw": 0}, "told": {}}
    )
    placed = next(line for line in lines if "source" in line["entry"] and line["told"]["state"] == "wrong")
    placed["told"]["place"] = {"line": 1}
    changed = tmp_path / "changed.jsonl"
    changed.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    assert record.compare(changed)
    said = capsys.readouterr().out
    assert f"{len(of)}  message\n     - Some words.\n" in said
    assert "1  gone from the tree\n     mistakes\n" in said and "1  place" in said
    assert f"{len(of) + 2} of {len(lines)} differ." in said

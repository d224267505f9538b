"""What the page's events have workers do, for whom, and at which price."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from gradio.utils import NamedString

from demo.compute import cost
from demo.compute.jobs import WorkError
from demo.editing.piece_session import PieceSession
from demo.guard.blocks import Sentence
from demo.guard.listeners import Listeners
from demo.handlers import Handlers
from demo.program_calls import ProgramCalls
from tests.demo.fakes import FakeFiles, FakeWorkers
from tests.demo.page_events import PAGE, PRICE, VISITOR, call, edit_json, session, skipped
from tests.fadernets import tiny


def test_all_work_is_somebodys(handlers, own_session, tmp_path):
    """Or its turn would come with that of everybody else's without a name."""
    (tmp_path / "a.mid").write_bytes(b"x")
    no = WorkError("no")
    tasks = ("answer", "hear", "vary", "save", "choose", "open_file", "open_example")
    busy = handlers(**dict.fromkeys(tasks, no))
    for event in (busy.ask, busy.hear, busy.vary, busy.save, busy.choose):
        call(event, edit_json(own_session.id))
    call(busy.open_upload, str(tmp_path / "a.mid"))
    call(busy.open_example, "mazurka")
    call(busy.ask, edit_json("0" * 32, example="mazurka"))  # opened again
    visitors = [options.get("visitor") for _, _, options in busy.workers.calls]
    assert visitors == [VISITOR] * 10  # two of them are priced in a turn of their own


def test_all_files_are_somebodys(handlers, own_session, tmp_path):
    """Or visitors would fill the folder for each other."""
    (tmp_path / "a.mid").write_bytes(b"x")
    path = str(tmp_path / "a.mid")
    making = handlers(save=path, mix_piece=path)
    call(making.save, edit_json(own_session.id))
    call(making.mix_upload, edit_json(own_session.id), path)
    call(making.mix_example, edit_json(own_session.id, donor="mazurka"))
    assert making.files.visitors == [VISITOR] * 6  # looked for room and counted, each time


def test_variations_and_mixes_are_of_the_piece_that_was_asked_about(handlers, own_session, pieces):
    pieces.add(session(), "mine")
    working = handlers(vary="{}", mix_piece=WorkError("no"))
    call(working.vary, edit_json(own_session.id))
    call(working.mix_example, edit_json(own_session.id, donor="mazurka"))
    assert [task for task, _, _ in working.workers.calls] == ["vary", "mix_piece"]
    for task, (values, *_), options in working.workers.calls:
        assert options["session"] is own_session and values["piece"] == own_session.id
        assert options["key"] == (own_session.id, task)


def test_without_a_file_there_is_nothing_to_mix(handlers, own_session):
    nothing = handlers(mix_piece="a.mid")
    file, message = call(nothing.mix_upload, edit_json(own_session.id), None)
    assert file is None and skipped(message) and nothing.workers.calls == []


def test_workers_get_plain_text(pieces, tmp_path):
    """Gradio's own kind of text would have each of them load all of Gradio."""
    path = NamedString(tmp_path / "a.mid")
    Path(path).write_bytes(b"x")
    workers, files = (
        FakeWorkers(open_file=WorkError("no"), price=WorkError("no")),
        FakeFiles(tmp_path),
    )
    asyncio.run(Handlers(workers, pieces, files).open_upload(path, PAGE))
    with pytest.raises(Sentence):
        asyncio.run(ProgramCalls(workers, files, Listeners()).change(path, {}))
    paths = [arguments[name == "price"] for name, arguments, _ in workers.calls]
    assert [type(path) for path in paths] == [str, str]


@pytest.mark.parametrize("hear", [False, True])
def test_workers_learn_what_an_answer_is_of_and_what_it_replaces(handlers, pieces, hear):
    """The newest move of a piece counts; a move makes sound of the piece before it worthless."""
    long_session = PieceSession(tiny.piece(tiny.bars(40)))
    pieces.add(long_session, "mine")
    answering = handlers(answer="{}", hear="{}")
    text = edit_json(long_session.id, first=1, last=39, rhythm=0.5)
    call(answering.hear if hear else answering.ask, text)
    ((task, arguments, options),) = answering.workers.calls
    assert (task, arguments) == ("hear" if hear else "answer", (json.loads(text),))
    assert options["session"] is long_session
    assert options["cost"] == cost.of_answer(long_session, json.loads(text), hear=hear)
    assert (options["key"], options["order"]) == ((long_session.id, "hear" if hear else "ask"), 3)
    assert list(options["replaces"]) == ([] if hear else [(long_session.id, "hear")])


def test_workers_learn_where_a_file_goes_and_what_it_costs(handlers, own_session, tmp_path):
    (tmp_path / "a.mid").write_bytes(b"abcd")
    saving = handlers(save=str(tmp_path / "a.mid"))
    text = edit_json(own_session.id, kind="wav", scope="piece")
    call(saving.save, text)
    ((task, arguments, options),) = saving.workers.calls
    assert (task, arguments) == ("save", (json.loads(text),))
    assert options["session"] is own_session and options["key"] == (own_session.id, "save")
    assert options["cost"] == cost.of_saving(own_session, json.loads(text))
    assert options["folder"] == saving.files.new_folder()
    assert saving.files.counted == [str(tmp_path / "a.mid")]


def test_reading_costs_by_the_size_of_the_file_and_opening_by_what_it_holds(handlers, tmp_path):
    path = tmp_path / "a.mid"
    path.write_bytes(b"x" * 1_000_000)
    opens = handlers(open_file=(session(), "{}"), open_example=(session(), "{}"))
    call(opens.open_upload, str(path))
    call(opens.open_example, "mazurka")
    assert opens.workers.calls == [
        ("price_opening", (str(path),), {"cost": pytest.approx(0.36), "visitor": VISITOR}),
        ("open_file", (str(path),), {"cost": PRICE, "visitor": VISITOR}),
        ("open_example", ("mazurka",), {"cost": pytest.approx(0.06), "visitor": VISITOR}),
    ]


def test_a_mix_is_priced_by_what_the_other_file_holds(handlers, own_session, tmp_path):
    path = tmp_path / "a.mid"
    path.write_bytes(b"x")
    mixes = handlers(mix_piece=WorkError("no"))
    call(mixes.mix_upload, edit_json(own_session.id), str(path))
    (price, (_, donor), priced), (task, _, mixed) = mixes.workers.calls
    assert (price, donor, priced["session"]) == ("price_mix", str(path), own_session)
    assert priced["cost"] == cost.of_reading(str(path)) and priced["visitor"] == VISITOR
    assert (task, mixed["cost"]) == ("mix_piece", PRICE)

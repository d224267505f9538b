"""What the page's events say when there is no answer, with workers that only pretend to work."""

from __future__ import annotations

import asyncio
import json
import logging
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gradio as gr
import pytest
from gradio.utils import NamedString

from demo import handlers as module
from demo.compute import cost
from demo.compute.jobs import Dropped, Full, WorkError
from demo.compute.open_pieces import OpenPieces
from demo.editing.piece_session import PieceSession
from demo.guard.blocks import BROKEN, Sentence
from demo.handlers import FULL, GONE, Handlers
from tests.fadernets import tiny

PAGE = SimpleNamespace(session_hash="mine")


class FakeWorkers:
    """Gives what it is told to give, or raises it, and keeps what it was asked."""

    def __init__(self, **gives: Any) -> None:
        self.gives, self.asked = gives, []

    async def run(self, task: str, *arguments: Any, **more: Any) -> Any:
        self.asked.append((task, arguments, more))
        await asyncio.sleep(0)  # other events go on meanwhile
        given = self.gives[task]
        if isinstance(given, Exception):
            raise given
        return given() if callable(given) else given


class FakeFiles:
    def __init__(self, folder: Path, is_full: bool = False) -> None:
        self.folder, self.is_full, self.counted = folder, is_full, []

    def new_folder(self) -> Path:
        return self.folder / "own"

    def count(self, size: int) -> None:
        self.counted.append(size)


def session() -> PieceSession:
    return PieceSession(tiny.piece(tiny.bars(2)))


@pytest.fixture
def pieces() -> OpenPieces:
    return OpenPieces()


@pytest.fixture
def mine(pieces: OpenPieces) -> PieceSession:
    mine = session()
    pieces.add(mine, "mine")
    return mine


@pytest.fixture
def does(pieces: OpenPieces, tmp_path: Path):
    def make(is_full: bool = False, **gives: Any) -> Handlers:
        return Handlers(FakeWorkers(**gives), pieces, FakeFiles(tmp_path, is_full))

    return make


def wanted(piece: str, **more: Any) -> str:
    return json.dumps({"number": 3, "piece": piece, "first": 0, "last": 1} | more)


def call(event, *arguments: Any) -> tuple:
    return asyncio.run(event(*arguments, PAGE))


def skipped(value: Any) -> bool:
    return value == gr.skip()


def trouble(output: gr.HTML) -> dict:
    """What the bench is told of what came to nothing."""
    return json.loads(output.props["trouble"])


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (WorkError("segment <b>1</b> is no music"), "Segment &lt;b&gt;1&lt;/b&gt; is no music."),
        (WorkError("<b>.mid is broken."), "&lt;b&gt;.mid is broken."),
        (Full("The server has more to do than it can."), "The server has more to do than it can."),
        (KeyError("/secret/path"), BROKEN),
    ],
)
def test_what_comes_to_nothing_is_a_sentence_and_the_bench_is_told(
    does, mine, tmp_path, caplog, error, sentence
):
    failing = does(answer=error, save=error, open_example=error, open_file=error)
    for event in ("ask", "hear"):
        bench, message = call(getattr(failing, event), wanted(mine.id))
        assert message == sentence
        told = trouble(bench)
        assert (told["event"], told["number"]) == (event, 3)
        again, _ = call(getattr(failing, event), wanted(mine.id))
        assert trouble(again) != told  # the page notices only what is new
    assert call(failing.save, wanted(mine.id)) == (None, sentence)
    bench, message = call(failing.open_example, "mazurka")
    assert message == sentence and trouble(bench)["event"] == "open"
    bench, message, example = call(failing.open_upload, str(tmp_path / "mine.mid"))
    assert message == sentence and trouble(bench)["event"] == "open" and skipped(example)
    assert "secret" not in caplog.text
    assert ("KeyError at " in caplog.text) == isinstance(error, KeyError)


def test_a_failure_in_the_log_names_its_place_only(caplog):
    with caplog.at_level(logging.WARNING, module.log.name):
        try:
            raise OSError("/secret/path")
        except OSError as error:
            assert module._reason(error) == BROKEN
    assert "OSError at test_handlers.py:" in caplog.text and "secret" not in caplog.text


def test_a_piece_that_is_gone_is_asked_for(does):
    nothing = does()
    for event in (nothing.ask, nothing.hear):
        bench, message = call(event, wanted("0" * 32))
        assert message == GONE and trouble(bench)["number"] == 3
    assert call(nothing.save, wanted("0" * 32)) == (None, GONE)
    assert nothing.workers.asked == []


def test_an_example_that_is_gone_is_opened_again_under_its_name(does, pieces):
    again = does(open_example=lambda: (session(), "{}"), answer="{}", save=WorkError("no"))
    for name, event in (("1" * 32, again.ask), ("2" * 32, again.hear), ("3" * 32, again.save)):
        call(event, wanted(name, example="mazurka"))
        (opened, (key,), _), (_, _, more) = again.workers.asked
        assert opened == "open_example" and key == "mazurka"
        assert more["session"] is pieces.get(name) and more["session"].id == name
        again.workers.asked.clear()
        call(event, wanted(name, example="mazurka"))
        assert len(again.workers.asked) == 1  # it is there now
        again.workers.asked.clear()
    _, message = call(again.ask, wanted("any name", example="mazurka"))
    assert message == GONE
    lost = does(open_example=WorkError("there is no example of that name"))
    _, message = call(lost.ask, wanted("4" * 32, example="none"))
    assert message == "There is no example of that name." and pieces.get("4" * 32) is None


def test_an_example_opened_by_two_events_at_once_is_kept_once(does, pieces):
    again = does(open_example=lambda: (session(), "{}"), answer="{}")

    async def both():
        one = wanted("1" * 32, example="mazurka")
        await asyncio.gather(again.ask(one, PAGE), again.hear(one, PAGE))

    asyncio.run(both())
    used = {id(more["session"]) for task, _, more in again.workers.asked if task == "answer"}
    assert len(used) == len(pieces) == 1


def test_the_page_learns_which_example_it_has(does, pieces):
    opened = session()
    open_one = does(open_example=(opened, '{"id": "a"}'), open_file=(session(), '{"id": "b"}'))
    bench, message = call(open_one.open_example, "mazurka")
    assert json.loads(bench.props["piece"]) == {"id": "a", "example": "mazurka"} and message == ""
    assert pieces.get(opened.id) is opened
    bench, message, example = call(open_one.open_upload, "mine.mid")
    assert json.loads(bench.props["piece"]) == {"id": "b"} and example is None


def test_an_answer_is_of_the_piece_that_was_asked_about(does, pieces, mine):
    """And newer work drops older work of that piece alone, by the page's own count."""
    newest = session()
    pieces.add(newest, "mine")
    both = does(answer="{}", save=WorkError("no"))
    call(both.ask, wanted(mine.id, rhythm=0.5))
    call(both.hear, wanted(mine.id, number=4))
    call(both.save, wanted(mine.id))
    ask, hear, save = both.workers.asked
    assert [task for task, _, _ in both.workers.asked] == ["answer", "answer", "save"]
    for _, (values, *_), more in both.workers.asked:
        assert more["session"] is mine and values["piece"] == mine.id
    assert ask[1][0]["rhythm"] == 0.5
    assert [ask[1][1], hear[1][1]] == [False, True]
    assert [more["key"] for _, _, more in (ask, hear, save)] == [
        (mine.id, "ask"),
        (mine.id, "hear"),
        (mine.id, "save"),
    ]
    assert [ask[2]["order"], hear[2]["order"]] == [3, 4]
    assert list(ask[2]["replaces"]) == [(mine.id, "hear")]  # a chunk of what is heard no longer
    assert list(hear[2]["replaces"]) == []
    call(both.ask, wanted(newest.id))
    assert both.workers.asked[-1][2]["session"] is newest
    assert both.workers.asked[-1][2]["key"] == (newest.id, "ask")


def test_what_newer_work_replaced_changes_nothing(does, mine):
    dropped = does(answer=Dropped("newer work"), save=Dropped("newer work"))
    for event in (dropped.ask, dropped.hear):
        assert all(skipped(output) for output in call(event, wanted(mine.id)))
    file, message = call(dropped.save, wanted(mine.id))
    assert file is None and skipped(message)


def test_an_answer_takes_the_message_away(does, mine, tmp_path):
    (tmp_path / "a.mid").write_bytes(b"abc")
    good = does(answer='{"number": 3}', save=str(tmp_path / "a.mid"))
    bench, message = call(good.ask, wanted(mine.id))
    assert bench.props == {"answer": '{"number": 3}'} and message == ""
    assert call(good.save, wanted(mine.id)) == (str(tmp_path / "a.mid"), "")
    assert good.files.counted == [3]


def test_nothing_is_saved_into_a_full_folder(does, mine):
    full = does(is_full=True, save="a.mid", change=("a.mid", {}))
    assert call(full.save, wanted(mine.id)) == (None, FULL)
    with pytest.raises(Sentence, match="no room"):  # a program gets an error
        asyncio.run(full.change("a.mid", {}))
    assert full.workers.asked == []


@pytest.mark.parametrize("value", ["{", "[]", "{}", '{"piece": 1}', '{"piece": null}'])
def test_what_the_page_never_sends_is_an_error(does, value):
    nothing = does()
    for event in (nothing.ask, nothing.hear, nothing.save):
        with pytest.raises(Sentence, match="nothing that can be done"):
            call(event, value)


def test_workers_get_plain_text(pieces, tmp_path):
    """Gradio's own kind of text would have each of them load all of Gradio."""
    path = NamedString(tmp_path / "a.mid")
    Path(path).write_bytes(b"x")
    workers = FakeWorkers(open_file=WorkError("no"), change=WorkError("no"))
    does = Handlers(workers, pieces, FakeFiles(tmp_path))
    asyncio.run(does.open_upload(path, PAGE))
    with pytest.raises(Sentence):
        asyncio.run(does.change(path, {}))
    assert [type(arguments[0]) for _, arguments, _ in workers.asked] == [str, str]


@pytest.mark.parametrize("hear", [False, True])
def test_workers_learn_what_an_answer_is_of_and_what_it_replaces(does, pieces, hear):
    """The newest move of a piece counts; a move makes sound of the piece before it worthless."""
    mine = PieceSession(tiny.piece(tiny.bars(40)))
    pieces.add(mine, "mine")
    good = does(answer="{}")
    text = wanted(mine.id, first=1, last=39, rhythm=0.5)
    call(good.hear if hear else good.ask, text)
    ((task, arguments, more),) = good.workers.asked
    assert (task, arguments) == ("answer", (json.loads(text), hear))
    assert more["session"] is mine
    assert more["cost"] == cost.of_answer(mine, json.loads(text), hear=hear)
    assert (more["key"], more["order"]) == ((mine.id, "hear" if hear else "ask"), 3)
    assert list(more["replaces"]) == ([] if hear else [(mine.id, "hear")])


def test_workers_learn_where_a_file_goes_and_what_it_costs(does, mine, tmp_path):
    (tmp_path / "a.mid").write_bytes(b"abcd")
    good = does(save=str(tmp_path / "a.mid"), change=(str(tmp_path / "a.mid"), {"figures": 1}))
    text = wanted(mine.id, kind="wav", scope="piece")
    call(good.save, text)
    ((task, arguments, more),) = good.workers.asked
    assert (task, arguments) == ("save", (json.loads(text),))
    assert more["session"] is mine and more["key"] == (mine.id, "save")
    assert more["cost"] == cost.of_saving(mine, json.loads(text))
    assert more["folder"] == good.files.new_folder()
    good.workers.asked.clear()
    path = str(tmp_path / "a.mid")
    assert asyncio.run(good.change(path, {"note": 1.0})) == (path, {"figures": 1})
    assert good.workers.asked == [
        (
            "change",
            (path, {"note": 1.0}),
            {"cost": cost.of_file(path), "folder": good.files.new_folder()},
        )
    ]
    assert good.files.counted == [4, 4]


def test_opening_costs_by_the_size_of_the_file(does, tmp_path):
    path = tmp_path / "a.mid"
    path.write_bytes(b"x" * 1_000_000)
    opens = does(open_file=(session(), "{}"), open_example=(session(), "{}"))
    call(opens.open_upload, str(path))
    call(opens.open_example, "mazurka")
    (_, (opened,), more), (_, (example,), less) = opens.workers.asked
    assert (opened, example) == (str(path), "mazurka")
    assert more == {"cost": pytest.approx(0.56)} and less == {"cost": pytest.approx(0.06)}


def test_nothing_chosen_changes_nothing(does):
    nothing = does()
    assert all(skipped(output) for output in call(nothing.open_example, None))
    outputs = call(nothing.open_upload, None)
    assert len(outputs) == 3 and all(skipped(output) for output in outputs)
    with pytest.raises(Sentence, match="no MIDI file"):
        asyncio.run(nothing.change(None, {}))
    assert nothing.workers.asked == []


@pytest.mark.parametrize(("number", "order"), [(0, 0), (7, 7), ("7", 0), (None, 0), (7.5, 0)])
def test_a_number_that_is_none_counts_as_the_first_move(does, mine, number, order):
    failing = does(answer=WorkError("no"))
    bench, _ = call(failing.ask, wanted(mine.id, number=number))
    assert trouble(bench)["number"] == order
    assert failing.workers.asked[0][2]["order"] == order


@pytest.mark.parametrize("example", [5, None, ["mazurka"], {"a": 1}])
def test_an_example_without_a_name_is_none(does, example):
    gone = does(open_example=lambda: (session(), "{}"))
    _, message = call(gone.ask, wanted("0" * 32, example=example))
    assert message == GONE and gone.workers.asked == []


def test_a_program_is_told_why_in_a_sentence(does, tmp_path):
    path = tmp_path / "a.mid"
    path.write_bytes(b"x")
    with pytest.raises(Sentence, match="Segment &lt;1&gt; is no music."):
        asyncio.run(does(change=WorkError("segment <1> is no music")).change(str(path), {}))
    with pytest.raises(KeyError):  # a fault is no sentence; Gradio hides it
        asyncio.run(does(change=KeyError("a")).change(str(path), {}))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("nothing to hear...", "Nothing to hear."),
        ("my.first.mid is broken", "my.first.mid is broken."),
        ("élan", "Élan."),
        ('the "piece" & more', 'The "piece" &amp; more.'),
        ("", "."),
    ],
)
def test_a_sentence_begins_with_a_capital_and_ends_with_one_full_stop(does, mine, text, sentence):
    _, message = call(does(answer=WorkError(text)).ask, wanted(mine.id))
    assert message == sentence

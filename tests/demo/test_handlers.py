"""Sentences of the page's events that get no answer, with fake workers."""

from __future__ import annotations

import asyncio
import json

import pytest

from demo.compute import cost
from demo.compute.jobs import Dropped, Full, WorkError
from demo.failure import FULL, PieceGone, sentence
from demo.guard.blocks import Sentence
from demo.guard.refusals import INTERNAL_ERROR
from tests.demo.page_events import PAGE, PRICE, VISITOR, call, edit_json, session, skipped, trouble

GONE = sentence(PieceGone())


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (WorkError("segment <b>1</b> is no music"), "Segment &lt;b&gt;1&lt;/b&gt; is no music."),
        (WorkError("<b>.mid is broken."), "&lt;b&gt;.mid is broken."),
        (Full("The server has more to do than it can."), "The server has more to do than it can."),
        (KeyError("/secret/path"), INTERNAL_ERROR),
    ],
)
def test_what_comes_to_nothing_is_a_sentence_and_the_bench_is_told(
    handlers, own_session, tmp_path, caplog, error, sentence
):
    failing = handlers(answer=error, hear=error, save=error, open_example=error, open_file=error)
    for event in ("ask", "hear"):
        bench, message = call(getattr(failing, event), edit_json(own_session.id))
        assert message == sentence
        first_trouble = trouble(bench)
        assert (first_trouble["event"], first_trouble["number"]) == (event, 3)
        second_bench, _ = call(getattr(failing, event), edit_json(own_session.id))
        assert trouble(second_bench) != first_trouble  # the page notices only what is new
    assert call(failing.save, edit_json(own_session.id)) == (None, sentence)
    bench, message = call(failing.open_example, "mazurka")
    assert message == sentence and trouble(bench)["event"] == "open"
    bench, message, example = call(failing.open_upload, str(tmp_path / "mine.mid"))
    assert message == sentence and trouble(bench)["event"] == "open" and skipped(example)
    assert call(handlers(price_opening=error).open_upload, "mine.mid")[1] == sentence
    assert "secret" not in caplog.text
    assert ("KeyError at " in caplog.text) == isinstance(error, KeyError)


def test_a_piece_that_is_gone_is_asked_for(handlers):
    nothing = handlers()
    for event in (nothing.ask, nothing.hear):
        bench, message = call(event, edit_json("0" * 32))
        assert message == GONE and trouble(bench)["number"] == 3 and trouble(bench)["gone"]
    assert call(nothing.save, edit_json("0" * 32)) == (None, GONE)
    assert nothing.workers.calls == []


def test_an_example_that_is_gone_is_opened_again_under_its_name(handlers, pieces):
    reopening = handlers(
        open_example=lambda: (session(), "{}"), answer="{}", hear="{}", save=WorkError("no")
    )
    for name, event in (
        ("1" * 32, reopening.ask),
        ("2" * 32, reopening.hear),
        ("3" * 32, reopening.save),
    ):
        call(event, edit_json(name, example="mazurka"))
        (opened, (key,), _), (_, _, options) = reopening.workers.calls
        assert opened == "open_example" and key == "mazurka"
        assert options["session"] is pieces.get(name) and options["session"].id == name
        reopening.workers.calls.clear()
        call(event, edit_json(name, example="mazurka"))
        assert len(reopening.workers.calls) == 1  # it is there now
        reopening.workers.calls.clear()
    _, message = call(reopening.ask, edit_json("any name", example="mazurka"))
    assert message == GONE
    lost = handlers(open_example=WorkError("there is no example of that name"))
    _, message = call(lost.ask, edit_json("4" * 32, example="none"))
    assert message == "There is no example of that name." and pieces.get("4" * 32) is None


def test_an_example_opened_by_two_events_at_once_is_kept_once(handlers, pieces):
    reopening = handlers(open_example=lambda: (session(), "{}"), answer="{}", hear="{}")

    async def ask_twice():
        text = edit_json("1" * 32, example="mazurka")
        await asyncio.gather(reopening.ask(text, PAGE), reopening.hear(text, PAGE))

    asyncio.run(ask_twice())
    sessions = [
        options["session"] for _, _, options in reopening.workers.calls if "session" in options
    ]
    assert (
        len(sessions) == 2
        and sessions[0] is sessions[1] is pieces.get("1" * 32)
        and len(pieces) == 1
    )


def test_the_page_learns_which_example_it_has(handlers, pieces):
    opened = session()
    open_one = handlers(open_example=(opened, '{"id": "a"}'), open_file=(session(), '{"id": "b"}'))
    bench, message = call(open_one.open_example, "mazurka")
    assert json.loads(bench.props["piece"]) == {"id": "a", "example": "mazurka"} and message == ""
    assert pieces.get(opened.id) is opened
    bench, message, example = call(open_one.open_upload, "mine.mid")
    assert json.loads(bench.props["piece"]) == {"id": "b"} and example is None


def test_other_tracks_are_a_piece_of_their_own(handlers, pieces, own_session):
    other = session()
    chosen = handlers(choose=(other, '{"id": "c"}'))
    text = edit_json(own_session.id, tracks=[2])
    bench, message = call(chosen.choose, text)
    assert json.loads(bench.props["piece"]) == {"id": "c"} and message == ""
    assert pieces.get(other.id) is other and pieces.get(own_session.id) is own_session
    (price, _, price_options), (task, arguments, more) = chosen.workers.calls
    assert price == "price_choice" and price_options["cost"] == cost.of_choosing(own_session)
    assert (task, arguments) == ("choose", (json.loads(text),))
    for options in (price_options, more):
        assert options["session"] is own_session and options["visitor"] == VISITOR
    assert more["cost"] == PRICE
    assert (more["key"], more["order"]) == ((own_session.id, "choose"), 3)
    bench, message = call(handlers(choose=WorkError("no such track")).choose, text)
    assert trouble(bench)["event"] == "choose" and message == "No such track."
    dropped = call(handlers(choose=Dropped("newer work")).choose, text)
    assert all(skipped(output) for output in dropped)


def test_an_answer_is_of_the_piece_that_was_asked_about(handlers, pieces, own_session):
    """And newer work drops older work of that piece alone, by the page's own count."""
    newest = session()
    pieces.add(newest, "mine")
    answering = handlers(answer="{}", hear="{}", save=WorkError("no"))
    call(answering.ask, edit_json(own_session.id, rhythm=0.5))
    call(answering.hear, edit_json(own_session.id, number=4))
    call(answering.save, edit_json(own_session.id))
    ask, hear, save = answering.workers.calls
    assert [task for task, _, _ in answering.workers.calls] == ["answer", "hear", "save"]
    for _, (values, *_), options in answering.workers.calls:
        assert options["session"] is own_session and values["piece"] == own_session.id
        assert options["visitor"] == VISITOR
    assert ask[1][0]["rhythm"] == 0.5
    assert [options["key"] for _, _, options in (ask, hear, save)] == [
        (own_session.id, "ask"),
        (own_session.id, "hear"),
        (own_session.id, "save"),
    ]
    assert [ask[2]["order"], hear[2]["order"]] == [3, 4]
    assert list(ask[2]["replaces"]) == [
        (own_session.id, "hear")
    ]  # a chunk of what is heard no longer
    assert list(hear[2]["replaces"]) == []
    call(answering.ask, edit_json(newest.id))
    assert answering.workers.calls[-1][2]["session"] is newest
    assert answering.workers.calls[-1][2]["key"] == (newest.id, "ask")


def test_the_page_learns_how_far_its_work_is_and_gives_it_up(handlers, own_session):
    text = edit_json(own_session.id)
    looking = handlers(progress=(3, (32, 317)))
    bench = asyncio.run(looking.look(text))
    assert json.loads(bench.props["progress"]) == {"number": 3, "count": 32, "total": 317}
    assert skipped(asyncio.run(handlers().look(text)))
    asyncio.run(looking.cancel(text))
    assert looking.workers.calls == [("give up", ((own_session.id, "ask"), 3), {})]


def test_what_newer_work_replaced_changes_nothing(handlers, own_session):
    dropped = handlers(
        answer=Dropped("newer work"), hear=Dropped("newer work"), save=Dropped("newer work")
    )
    for event in (dropped.ask, dropped.hear):
        assert all(skipped(output) for output in call(event, edit_json(own_session.id)))
    file, message = call(dropped.save, edit_json(own_session.id))
    assert file is None and skipped(message)


def test_an_answer_leaves_what_is_said_of_a_file_that_came_meanwhile(
    handlers, own_session, tmp_path
):
    (tmp_path / "a.mid").write_bytes(b"abc")
    working = handlers(hear='{"number": 3}', answer='{"number": 3}', save=str(tmp_path / "a.mid"))
    bench, message = call(working.ask, edit_json(own_session.id))
    assert bench.props == {"answer": '{"number": 3}'} and skipped(message)
    file, message = call(working.save, edit_json(own_session.id))
    assert file == str(tmp_path / "a.mid") and skipped(message)
    assert working.files.counted == [str(tmp_path / "a.mid")]


def test_a_piece_that_finds_no_room_is_not_opened(handlers, own_session, pieces, tmp_path):
    """A sentence, and the bench keeps what it shows."""
    opening = handlers(open_file=(own_session, "{}"), open_example=(own_session, "{}"))

    def add(*arguments):
        raise Full("Many large pieces are open here. Please try again in a minute.")

    pieces.add = add
    (tmp_path / "a.mid").write_bytes(b"x")
    for answer in (
        call(opening.open_upload, str(tmp_path / "a.mid")),
        call(opening.open_example, "waltz"),
    ):
        assert "try again in a minute." in answer[1]
        assert json.loads(answer[0].props["trouble"])["event"] == "open"


def test_nothing_is_saved_into_a_full_folder(handlers, own_session):
    full = handlers(is_full=True, save="a.mid")
    assert call(full.save, edit_json(own_session.id)) == (None, FULL)
    assert full.workers.calls == []


@pytest.mark.parametrize("value", ["{", "[]", "{}", '{"piece": 1}', '{"piece": null}'])
def test_what_the_page_never_sends_is_an_error(handlers, value):
    nothing = handlers()
    for event in (nothing.ask, nothing.hear, nothing.save, nothing.choose):
        with pytest.raises(Sentence, match="nothing that can be done"):
            call(event, value)


def test_nothing_chosen_changes_nothing(handlers):
    nothing = handlers()
    assert all(skipped(output) for output in call(nothing.open_example, None))
    outputs = call(nothing.open_upload, None)
    assert len(outputs) == 3 and all(skipped(output) for output in outputs)
    assert nothing.workers.calls == []


@pytest.mark.parametrize(("number", "order"), [(0, 0), (7, 7), ("7", 0), (None, 0), (7.5, 0)])
def test_a_number_that_is_none_counts_as_the_first_move(handlers, own_session, number, order):
    failing = handlers(answer=WorkError("no"), hear=WorkError("no"))
    bench, _ = call(failing.ask, edit_json(own_session.id, number=number))
    assert trouble(bench)["number"] == order
    assert failing.workers.calls[0][2]["order"] == order


@pytest.mark.parametrize("example", [5, None, ["mazurka"], {"a": 1}])
def test_an_example_without_a_name_is_none(handlers, example):
    reopening = handlers(open_example=lambda: (session(), "{}"))
    _, message = call(reopening.ask, edit_json("0" * 32, example=example))
    assert message == GONE and reopening.workers.calls == []

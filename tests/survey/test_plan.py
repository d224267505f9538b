import json
from pathlib import Path

import pytest

from survey import plan


@pytest.mark.slow
@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ([], "48 participants, 20 of 20 items each, of 12 pieces"),
        (["--pieces", "5"], "5 pieces are few"),
        (["--participants", "24"], "24 participants, 20 of 20 items each"),
        (["--participants", "4", "--trials", "4"], "4 participants hear 16 at most of 20 stimuli"),
        (["--width", "0.2"], "at most 0.2 wide:"),
        (["--effect", "0.25"], "agreement 0.25 above guessing, found 80% of the time:"),
    ],
)
def test_the_command(
    question: list[str], expected: str, capsys: pytest.CaptureFixture, tmp_path: Path
) -> None:
    file = tmp_path / "plan.json"
    assert plan.main([*question, "--runs", "40", "--json", str(file)]) == 0
    printed = capsys.readouterr().out
    assert expected in printed
    for kind in ("realistic", "perfect", "random", "biased", "lazy"):
        assert kind in printed
    answer = json.loads(file.read_text())["answer"]
    assert f"{answer['participants']} participants" in printed


@pytest.mark.parametrize(
    "question",
    [
        ["--width", "0"],
        ["--effect", "0.6"],
        ["--items", "1"],
        ["--each", "21"],
        ["--trials", "21"],
        ["--pieces", "1"],
        ["--pieces", "21"],
        ["--participants", "2"],
        ["--careless", "1.1"],
        ["--runs", "0"],
        ["--agreement", "1"],
        ["--item-sd", "-1"],
    ],
)
def test_senseless_questions(question: list[str], capsys: pytest.CaptureFixture) -> None:
    assert plan.main(question) == 2
    output = capsys.readouterr()
    assert len(output.err.strip().splitlines()) == 1
    assert not output.out

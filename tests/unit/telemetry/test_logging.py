"""What a line may hold: the two nets behind everything that is logged, in both forms, bugs included."""

import json
import logging
import time
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from broker.telemetry.logging import HIDDEN, SECRET_NAMES, Nets, configure, get_logger


@pytest.fixture(autouse=True)
def _settings_end_with_the_test() -> Iterator[None]:
    before = logging.root.handlers[:], logging.root.level
    yield
    structlog.reset_defaults()
    logging.root.handlers[:], logging.root.level = before


def last_line(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(capsys.readouterr().err.splitlines()[-1])
    return found


def fail_with(secret_of_a_local: str, message: str) -> None:
    assert secret_of_a_local
    raise ValueError(message)


@pytest.mark.parametrize("name", sorted(SECRET_NAMES))
def test_value_under_a_secret_name_is_hidden(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    configure(style="json")
    get_logger().info("something", **{name: "hunter2"})
    assert last_line(capsys)[name] == HIDDEN


def test_secret_name_inside_a_nested_value_is_hidden_too(capsys: pytest.CaptureFixture[str]) -> None:
    configure(style="json")
    get_logger().info("something", answer={"id_token": "hunter2", "parts": [{"Code": "hunter2"}, "fine"]})
    assert last_line(capsys)["answer"] == {"id_token": HIDDEN, "parts": [{"Code": HIDDEN}, "fine"]}


@pytest.mark.parametrize(
    "text",
    [
        "AADSTS50020: User account 'alice@alder.example' does not exist",
        "login_hint=alice@alder.example&x=1",
        "<alice+tag@alder.example>",
        "who: alice_birch.example#EXT#@alder.example, where",
    ],
)
def test_mail_address_inside_a_text_is_hidden(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    configure(style="json")
    get_logger().info("something", detail=text, all=[text])
    line = last_line(capsys)
    for shown in (line["detail"], line["all"][0]):
        assert "alder.example" not in shown
        assert HIDDEN in shown


def test_mail_address_inside_an_object_is_hidden(capsys: pytest.CaptureFixture[str]) -> None:
    configure(style="json")
    get_logger().info("something", cause=LookupError("alice@alder.example"), count=3, ratio=0.5, nothing=None)
    line = last_line(capsys)
    assert line["cause"] == f"LookupError('{HIDDEN}')"
    assert (line["count"], line["ratio"], line["nothing"]) == (3, 0.5, None)


def test_mail_address_in_the_event_itself_is_hidden(capsys: pytest.CaptureFixture[str]) -> None:
    configure(style="json")
    get_logger().info("no mailbox for alice@alder.example")
    assert last_line(capsys)["event"] == f"no mailbox for {HIDDEN}"


def test_mail_address_is_shown_where_the_operator_asked_for_addresses(capsys: pytest.CaptureFixture[str]) -> None:
    configure(style="json", addresses=True)
    get_logger().info("something", detail="about alice@alder.example", code="hunter2")
    line = last_line(capsys)
    assert line["detail"] == "about alice@alder.example"
    assert line["code"] == HIDDEN


@pytest.mark.parametrize("style", ["json", "text"])
def test_traceback_shows_the_place_and_neither_local_values_nor_addresses(
    style: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    configure(style=style)
    password, message = "hunter2", "no row for " + "@".join(["alice", "alder.example"])
    try:
        fail_with(password, message)
    except ValueError as error:
        get_logger().error("request", exc_info=error)
    shown = capsys.readouterr().err
    assert "fail_with" in shown
    assert "ValueError" in shown
    assert "hunter2" not in shown
    assert "alder.example" not in shown


def test_json_line_is_one_line_with_level_and_time(capsys: pytest.CaptureFixture[str]) -> None:
    configure(style="json")
    get_logger().warning("security", kind="alg", detail="two\nlines")
    written = capsys.readouterr().err
    assert written.count("\n") == 1
    line = json.loads(written)
    assert (line["event"], line["kind"], line["level"]) == ("security", "alg", "warning")
    assert line["timestamp"].endswith("Z")


def test_auto_is_json_where_nobody_looks(capsys: pytest.CaptureFixture[str]) -> None:
    configure(style="auto")
    get_logger().info("something")
    assert last_line(capsys)["event"] == "something"


def test_lines_below_the_level_are_not_written(capsys: pytest.CaptureFixture[str]) -> None:
    configure(level="warning", style="json")
    get_logger().info("something")
    get_logger().warning("something else")
    assert [json.loads(line)["event"] for line in capsys.readouterr().err.splitlines()] == ["something else"]


def test_text_for_people_has_no_colour_codes_in_a_pipe(capsys: pytest.CaptureFixture[str]) -> None:
    configure(style="text")
    get_logger().info("something", provider="microsoft")
    written = capsys.readouterr().err
    assert "provider=microsoft" in written
    assert "\x1b" not in written


def test_control_characters_cannot_forge_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    configure(style="text")
    get_logger().info("something", detail="fine\n2026-01-01 [info] signed_in \x1b[2J")
    written = capsys.readouterr().err
    assert written.count("\n") == 1
    assert "\x1b" not in written


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a@b", "***"),
        ("@a and a@ and @ and @@", "@a and a@ and @ and @@"),
        ("a@@b, @@a; (a@b@) x@y:z=q@r", "***, ***; (***) ***:z=***"),
        ("alice@alder.example,bob@birch.example", "***,***"),
    ],
)
def test_what_looks_like_an_address_is_hidden_whole_and_nothing_else_is(text: str, shown: str) -> None:
    assert Nets(hide_addresses=True)(None, "info", {"detail": text}) == {"detail": shown}


def test_long_text_is_searched_once_and_not_again_from_each_of_its_letters() -> None:
    text = "@ " + "x" * 300_000
    began = time.process_time()
    assert Nets(hide_addresses=True)(None, "info", {"detail": text}) == {"detail": text}
    assert time.process_time() - began < 1.0


def test_what_libraries_log_goes_through_the_same_nets(capsys: pytest.CaptureFixture[str]) -> None:
    configure(style="json")
    logging.getLogger("uvicorn.error").warning("Invalid request of %s", "alice@alder.example")
    line = last_line(capsys)
    assert (line["logger"], line["level"]) == ("uvicorn.error", "warning")
    assert line["event"] == f"Invalid request of {HIDDEN}"


def test_a_task_that_nobody_waited_for_is_one_line_with_its_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    configure(style="json")
    try:
        fail_with("hunter2", "of alice@alder.example")
    except ValueError:
        logging.getLogger("asyncio").exception("Task exception was never retrieved")
    line = last_line(capsys)
    assert (line["level"], line["exception"][0]["exc_type"]) == ("error", "ValueError")
    assert "hunter2" not in str(line)
    assert "alder.example" not in str(line)


def test_libraries_are_heard_from_the_configured_level_on(capsys: pytest.CaptureFixture[str]) -> None:
    configure(style="json", level="error")
    logging.getLogger("asyncio").warning("slow")
    configure(style="json", level="warning")
    logging.getLogger("asyncio").warning("slow")
    logging.getLogger("uvicorn.error").info("Started server process")
    assert len(capsys.readouterr().err.splitlines()) == 1

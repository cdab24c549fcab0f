import pytest

from shared.tracing import Trace, current, current_traceparent, following

GIVEN = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00"


def test_a_step_follows_the_trace_that_the_caller_names() -> None:
    trace = Trace.follow(GIVEN)
    assert trace.trace_id == "4bf92f3577b34da6a3ce929d0e0e4736"
    assert trace.parent_span_id == "00f067aa0ba902b7"
    assert trace.span_id != trace.parent_span_id
    assert trace.traceparent == f"00-{trace.trace_id}-{trace.span_id}-00"


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "nonsense",
        "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
        "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
        GIVEN + "-more",
        GIVEN + "\n",
    ],
)
def test_without_a_valid_header_a_new_trace_begins(header: str | None) -> None:
    trace = Trace.follow(header)
    assert trace.parent_span_id is None
    assert Trace.follow(trace.traceparent).trace_id == trace.trace_id


def test_a_later_version_may_carry_more() -> None:
    assert Trace.follow("01" + GIVEN[2:] + "-more").trace_id == "4bf92f3577b34da6a3ce929d0e0e4736"


def test_work_inside_following_belongs_to_the_trace() -> None:
    with following(GIVEN) as trace:
        assert current_traceparent() == trace.traceparent
    assert current.get() is None

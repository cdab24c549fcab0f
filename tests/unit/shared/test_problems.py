import subprocess
import sys

import pytest

from shared import problems
from shared.problems import PROBLEMS, Conflict, Kind, NotFound, Problem, kind_of, register


class Overlap(Conflict):
    """There is an agreement for part of this period.

    More about it, for programmers.
    """


class Narrower(Overlap):
    pass


def _tree(root: type[Problem]) -> list[type[Problem]]:
    return [root] + [each for child in root.__subclasses__() for each in _tree(child)]


OURS = [each for each in _tree(Problem) if each.__module__ == "shared.problems"]


def test_every_shared_problem_stands_in_the_table() -> None:
    assert [each for each in OURS if each not in PROBLEMS] == []


def test_every_shared_problem_is_drawn_in_the_tree_of_the_docstring() -> None:
    drawn = (problems.__doc__ or "").split()
    assert [each.__name__ for each in OURS if each.__name__ not in drawn] == []


def test_a_class_without_an_entry_answers_as_its_nearest_ancestor() -> None:
    assert kind_of(Narrower) == PROBLEMS[Conflict]


def test_a_service_adds_its_own_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(problems, "PROBLEMS", dict(PROBLEMS))
    kind = Kind(409, "overlap", "Overlap", "Overlap")
    register({Overlap: kind})
    assert kind_of(Narrower) == kind
    assert kind.type == "urn:problem-type:jeugdregio:overlap"


def test_a_type_belongs_to_one_class() -> None:
    with pytest.raises(ValueError, match="not-found of NotFound"):
        register({Overlap: Kind(404, "not-found", "x", "x")})


def test_the_detail_is_the_first_paragraph_of_the_docstring_unless_given() -> None:
    assert Overlap().detail == "There is an agreement for part of this period."
    assert Overlap("It ends on the 3rd.", until="2023-04-03").facts == {"until": "2023-04-03"}


def test_a_constraint_stands_for_a_problem() -> None:
    problems.register_constraints({"a_test_constraint": Overlap})
    assert isinstance(problems.of_constraint("a_test_constraint"), Overlap)
    assert problems.of_constraint("another") is None
    assert problems.of_constraint(None) is None


def test_rules_can_raise_problems_without_importing_a_framework() -> None:
    code = (
        "import sys, shared.problems;"
        "print([each for each in ('fastapi', 'starlette', 'pydantic', 'asyncpg') if each in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
    assert NotFound().detail

"""The validator `risk-score`: adds up what the policy finds risky about a request, and denies above a limit.

The class implements the world `validator` of wit/v1. `configure` runs once in the life of a policy and what it keeps in the
module is there in every call; what a call writes is gone with it. There is no clock, no network and no file.
"""

import json

from componentize_py_types import Err
from wit_world import WitWorld as World
from wit_world.imports.types import About, ConfProblem, Verdict

SCHEMA = {
    "type": "object",
    "required": ["limit", "risks"],
    "additionalProperties": False,
    "properties": {
        "limit": {"description": "The highest score that passes.", "type": "integer", "minimum": 0},
        "risks": {
            "description": "What adds to the score: all that hold are added up.",
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "required": ["field", "equals", "score"],
                "additionalProperties": False,
                "properties": {
                    "field": {"description": "Dotted path, such as authn_ctx.country.", "type": "string", "minLength": 1},
                    "equals": {"description": "The value that is risky. null: it is missing."},
                    "score": {"description": "How much it adds.", "type": "integer", "minimum": 1},
                },
            },
        },
    },
}

# What `configure` keeps. It belongs to the module: every call of the host gets a new object of the class.
CONFS = []


def find(document, path):
    """What a dotted path finds, None when there is nothing."""
    for name in path.split("."):
        document = document.get(name) if isinstance(document, dict) else None
    return document


def same(left, right):
    """Equal and of one type: in Python True would equal 1."""
    return type(left) is type(right) and left == right


def check(conf, document):
    """The verdict of one configuration."""
    held = [risk for risk in conf["risks"] if same(find(document, risk["field"]), risk["equals"])]
    score = sum(risk["score"] for risk in held)
    if score <= conf["limit"]:
        return Verdict(allow=True, code="", message="", details="")
    details = json.dumps({"score": score, "fields": [risk["field"] for risk in held]})
    return Verdict(allow=False, code="too_risky", message="the request is too risky", details=details)


class WitWorld(World):
    """What the host calls."""

    def describe(self):
        return About(
            name="risk-score",
            version="1.0.0",
            help="Adds up scores of what is risky about a request and denies above a limit.",
            conf_schema=json.dumps(SCHEMA),
        )

    def configure(self, confs):
        CONFS[:] = [json.loads(conf) for conf in confs]
        problems = [
            ConfProblem(index=index, path="/limit", message="the limit can never be passed")
            for index, conf in enumerate(CONFS)
            if sum(risk["score"] for risk in conf["risks"]) <= conf["limit"]
        ]
        if problems:
            raise Err(problems)

    def validate(self, input):
        document = json.loads(input)
        return [check(conf, document) for conf in CONFS]

"""The validator's class is ordinary Python once componentize-py has written what it imports: see README.md."""

import json
import unittest

from app import SCHEMA, WitWorld
from componentize_py_types import Err

COUNTRY = {"field": "authn_ctx.country", "equals": "XX", "score": 3}
NO_FACTOR = {"field": "authn_ctx.mfa", "equals": None, "score": 2}


def validate(limit, authn_ctx):
    """The verdict of one configuration, asked as a component is: every call gets an object of its own."""
    WitWorld().configure([json.dumps({"limit": limit, "risks": [COUNTRY, NO_FACTOR]})])
    return WitWorld().validate(json.dumps({"authn_ctx": authn_ctx}))[0]


class RiskScore(unittest.TestCase):
    """What the policy finds risky is added up."""

    def test_up_to_the_limit_passes(self):
        self.assertTrue(validate(2, {"country": "DE"}).allow)
        self.assertTrue(validate(3, {"country": "XX", "mfa": True}).allow)

    def test_above_the_limit_is_denied(self):
        verdict = validate(4, {"country": "XX"})
        self.assertEqual((verdict.allow, verdict.code), (False, "too_risky"))
        self.assertEqual(json.loads(verdict.details)["score"], 5)

    def test_a_limit_that_nothing_passes_is_refused(self):
        with self.assertRaises(Err) as refusal:
            validate(5, {})
        self.assertEqual(refusal.exception.value[0].path, "/limit")

    def test_every_member_is_described(self):
        self.assertTrue(all("description" in member for member in SCHEMA["properties"].values()))

"""Whatever is done to a home, in any order: it is what a simple model says. ``make soak`` tries many more sequences."""

from hypothesis import settings

from tests.any_order.driven import DrivenHome

TestDrivenHome = DrivenHome.TestCase
TestDrivenHome.settings = settings(max_examples=4, stateful_step_count=12, database=None)

"""The demonstration that tests of the whole look at."""

from tests.demonstrated import demonstration_data, of_this_run  # noqa: F401

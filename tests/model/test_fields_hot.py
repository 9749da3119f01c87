"""A time is read without `datetime`, and is what `datetime` takes for one."""

from datetime import datetime

from hypothesis import example, given
from hypothesis import strategies as st

from fleetfeed.model.fields import _at


def is_time(text):
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


limits = (9999, 14, 33, 26, 62, 62)


@given(st.tuples(*(st.integers(0, limit) for limit in limits)))
@example((1900, 2, 29, 0, 0, 0))
@example((2000, 2, 29, 23, 59, 59))
@example((2024, 2, 29, 0, 0, 0))
@example((2023, 2, 29, 0, 0, 0))
@example((0, 1, 1, 0, 0, 0))
def test_a_time_is_what_datetime_takes_for_one(numbers):
    year, month, day, hour, minute, second = numbers
    text = f"{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}"
    assert (_at(text + "Z") == "") is is_time(text)

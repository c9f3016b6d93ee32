"""Metrics of the user's own: a function of true classes and probabilities, named in a study file or given in Python."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from paribus.errors import DataError, SpecError
from paribus.metric import OWN
from paribus.metric.record import Metric
from paribus.user_code import code_hash, describe_error, import_function, origin_given, own_name

if TYPE_CHECKING:
    import numpy as np

_OWN: dict[str, Callable[..., Any]] = {}
"""The functions that this program was given, or imported for a study file that it opened, by `module:function`."""


def register(asked: str | Callable[..., Any]) -> str:
    """Make a user's own function a metric.

    Args:
        asked: the function, whose higher scores are better; or `module:function`, or `module:function:lower`, which is
            imported where a study file is being opened, unless it is known.

    Returns:
        The metric's name.

    Raises:
        SpecError: there is no such function, it may not be imported here, or it does not take two arguments.
    """
    if callable(asked):
        name = own_name(asked)
        _OWN[name] = _checked(name, asked)
        return name
    found, origin = OWN.fullmatch(asked), origin_given()
    if not found:
        raise SpecError(f"must be module:function, or module:function:lower where lower is better, found {asked!r}.")
    function_name = found["function"]
    if function_name not in _OWN or (origin and origin.named_by):
        _OWN[function_name] = _checked(function_name, import_function(function_name))
    return asked


def code_of(name: str) -> str:
    """The hash of the code of a user's own metric, see `code_hash`; empty for a metric of paribus."""
    found = OWN.fullmatch(name)
    return code_hash(_OWN[found["function"]]) if found else ""


def with_code(metric: Metric, code: str) -> Metric:
    """A metric with its computation: a user's own gets its function where this program has it with this code's hash."""
    found = OWN.fullmatch(metric.name)
    function = _OWN.get(found["function"]) if found else None
    if function is None or code_hash(function) != code:
        return metric

    def score(labels_B: np.ndarray, probabilities_BC: np.ndarray) -> float:
        try:
            value = function(labels_B, probabilities_BC)
        except KeyboardInterrupt:
            raise
        except BaseException as failed:  # whatever it raises, be it the end of the program
            raise DataError(f"{metric.name} raised {describe_error(failed)}. Mend the function.") from failed
        return _finite(metric.name, value)

    return replace(metric, from_probabilities=score)


def _finite(name: str, value: Any) -> float:
    """What a user's function returned, if it is a number.

    Raises:
        DataError: it is none, or not finite.
    """
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not math.isfinite(number):
        raise DataError(f"{name} returned {str(value)[:100]}; asked is a finite number. Mend the function.")
    return number


def _checked(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    try:
        inspect.signature(function).bind(None, None)
    except TypeError:
        raise SpecError(
            f"{name} takes {inspect.signature(function)}; asked are the true classes and the probabilities, as in "
            "`def score(labels_B, probabilities_BC)`."
        ) from None
    except ValueError:  # of a built-in that does not say
        pass
    return function

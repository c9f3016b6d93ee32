"""Functions of the user's own: found by name, and known by what they compute with."""

from paribus.user_code.code_hash import code_hash, is_installed
from paribus.user_code.importing import (
    Origin,
    code_in,
    describe_error,
    import_function,
    name_of,
    origin_given,
    own_name,
)

__all__ = [
    "Origin",
    "code_hash",
    "code_in",
    "describe_error",
    "import_function",
    "is_installed",
    "name_of",
    "origin_given",
    "own_name",
]

"""docs/licences.md has a line for all that runs."""

from __future__ import annotations

import licences  # of scripts/, which are not installed


def test_every_package_that_is_installed_with_paribus_is_listed_with_its_licence() -> None:
    rows, page = licences.rows(), licences.PAGE.read_text(encoding="utf-8").splitlines()
    assert len(rows) > 40
    assert not [row for row in rows if row not in page], "run `make licences`"
    assert not [row for row in page if "unknown" in row]


def test_where_metadata_name_a_licence_it_is_found() -> None:
    found = licences.installed()
    assert licences.licence(found["numpy"]).startswith("BSD-3-Clause")  # an expression
    assert "Mozilla" in licences.licence(found["certifi"])  # a classifier

# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each role's argument_specs say what its defaults are, no more and no less."""
from __future__ import annotations

from pathlib import Path

import pytest
import yaml

ROLES = Path(__file__).resolve().parents[3] / "roles"
NAMES = sorted(path.parent.parent.name for path in ROLES.glob("*/meta/argument_specs.yml"))


def defaults_of(role: str) -> dict:
    path = ROLES / role / "defaults/main.yml"
    return (yaml.safe_load(path.read_text()) or {}) if path.exists() else {}


def specs_of(role: str) -> dict:
    return yaml.safe_load((ROLES / role / "meta/argument_specs.yml").read_text())["argument_specs"]


def all_options(options: dict, path: str = ""):
    """Every option, those of options too, with its path."""
    for name, option in options.items():
        yield f"{path}{name}", option
        yield from all_options(option.get("options", {}), f"{path}{name}.")


def test_every_role_has_argument_specs():
    assert NAMES == sorted(path.name for path in ROLES.iterdir() if path.is_dir())


@pytest.mark.parametrize("role", NAMES)
def test_every_entry_point_is_a_file_and_is_described(role):
    for entry, spec in specs_of(role).items():
        assert (ROLES / role / f"tasks/{entry}.yml").exists(), entry
        assert spec["short_description"]


@pytest.mark.parametrize("role", NAMES)
def test_every_option_is_described_and_typed(role):
    for entry, spec in specs_of(role).items():
        for path, option in all_options(spec.get("options", {})):
            assert option.get("description"), f"{entry}: {path}"
            assert option.get("type"), f"{entry}: {path}"


@pytest.mark.parametrize("role", NAMES)
def test_options_are_named_for_the_role(role):
    for spec in specs_of(role).values():
        assert all(name.startswith(f"{role}_") for name in spec.get("options", {}))


def is_computed(value) -> bool:
    """Whether a default is worked out from other variables: specs can only describe that."""
    return isinstance(value, str) and "{{" in value


@pytest.mark.parametrize("role", NAMES)
def test_every_default_is_an_option_with_that_value(role):
    specs = specs_of(role)
    for name, value in defaults_of(role).items():
        options = [spec["options"][name] for spec in specs.values()
                   if name in spec.get("options", {})]
        assert options, f"{name} has a default and is no option"
        for option in options:
            assert is_computed(value) or option.get("default") == value, name


@pytest.mark.parametrize("role", NAMES)
def test_every_options_default_is_in_the_defaults(role):
    defaults = defaults_of(role)
    for entry, spec in specs_of(role).items():
        for name, option in spec.get("options", {}).items():
            if "default" in option:
                assert name in defaults, f"{entry}: {name}"
            else:
                assert name not in defaults or is_computed(defaults[name]), f"{entry}: {name}"

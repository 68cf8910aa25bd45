# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: nginx_word
short_description: A text as one word of nginx's configuration, or an error
version_added: 0.1.0
author: the no502.node contributors (@no502)
description:
  - Returns the text unchanged if nginx reads it as one word that means itself.
  - Refuses anything else, above all C(;), C({), C(}), quotes, C($), blanks and line breaks, which
    would begin something new.
positional: _input
options:
  _input:
    description: A name, path or address.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Show a directive
  ansible.builtin.debug:
    msg: "server_name {{ 'shop.example.com' | no502.node.nginx_word }};"
"""

RETURN = r"""
_value:
  description: The same text.
  type: str
  sample: shop.example.com
"""

import re

from ansible.errors import AnsibleFilterError

WORD = re.compile(r"[A-Za-z0-9_./:*@%+,=~\[\]-]+")


def nginx_word(value):
    """A text that is one word to nginx; see DOCUMENTATION."""
    if not isinstance(value, str) or not WORD.fullmatch(value):
        raise AnsibleFilterError(
            f"nginx_word: {value!r} cannot be written into nginx's configuration. Accepted are "
            "letters, digits and _ . / : * @ % + , = ~ [ ] -, for example shop.example.com.")
    return value


class FilterModule:
    """The filter C(no502.node.nginx_word)."""

    def filters(self):
        """Names and functions."""
        return {"nginx_word": nginx_word}

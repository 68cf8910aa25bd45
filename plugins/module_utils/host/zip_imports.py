# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Have what is imported from a zip file, as Ansible packs a module, compiled once and not twice.

Python's own zipimport compiles a module to tell its file's name, and compiles it
again to run it (3.8 to 3.14): for the modules of a reading that is more than all
the rest that a reading takes.
"""

from __future__ import annotations

import os
import sys
import zipimport


class Importer(zipimport.zipimporter):
    """Python's importer of zip files, which knows a file's name by itself."""

    def get_filename(self, fullname):
        """Return the name of the module's file."""
        path = os.path.join(self.archive, self.prefix, fullname.rpartition(".")[2])
        return os.path.join(path, "__init__.py") if self.is_package(fullname) else path + ".py"


def compile_once():
    """Use it for whatever is imported from now on, where this module comes from a zip file."""
    if isinstance(__loader__, zipimport.zipimporter) and Importer not in sys.path_hooks:
        sys.path_hooks.insert(0, Importer)
        sys.path_importer_cache.clear()

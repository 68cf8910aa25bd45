# METADATA
# title: nginx's unit has not failed
# description: |
#   systemd counts the unit of nginx as failed: it ended by itself, or could not be started, and
#   nothing answers any more, or another nginx than systemd's does.
# related_resources:
# - ref: https://www.freedesktop.org/software/systemd/man/latest/systemd.service.html
# schemas:
# - input: schema.host
# custom:
#   document: host
#   about: nginx
#   severity: warning
#   prevents: "502"
#   message: >-
#     {{ nginx.unit.name }} has failed.
#   fix: >-
#     Look at `systemctl status {{ nginx.unit.name }}` and at nginx's error log, mend it, and start
#     it.
package no502.rules.health.not_failed

import data.no502.lib
import data.no502.lib.host

subjects := host.nginx

results[i] contains _judgement(nginx) if some i, nginx in input.nginx

_judgement(nginx) := host.without_unit(nginx) if {
	is_null(nginx.unit)
} else := lib.one_of(nginx.unit.active_state, {"activating", "active", "deactivating", "inactive", "reloading"})

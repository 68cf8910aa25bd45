# METADATA
# title: PM2 survives that one of its apps is killed for its memory
# description: |
#   The unit that `pm2 startup` writes says nothing of `OOMPolicy`, whose default is to stop the
#   whole unit when the kernel kills one of its processes: all apps of that daemon end because one
#   of them leaked.
# related_resources:
# - ref: https://www.freedesktop.org/software/systemd/man/latest/systemd.service.html#OOMPolicy=
# schemas:
# - input: schema.host
# custom:
#   document: host
#   about: pm2
#   severity: info
#   prevents: "502"
#   message: >-
#     {{ pm2.unit.name }} has `OOMPolicy={{ pm2.unit.oom_policy.value }}`: when the kernel kills one
#     app for its memory, systemd ends all of them.
#   fix: >-
#     In the unit {{ pm2.unit.name }} set `OOMPolicy=continue`.
package no502.rules.supervisor.pm2_unit_survives_oom

import data.no502.lib
import data.no502.lib.host

subjects := host.pm2

results[i] contains _judgement(pm2) if some i, pm2 in input.pm2

_judgement(pm2) := host.without_unit(pm2) if {
	is_null(pm2.unit)
} else := lib.one_of(pm2.unit.oom_policy, {"continue"})

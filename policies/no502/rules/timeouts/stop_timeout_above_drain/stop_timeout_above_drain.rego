# METADATA
# title: systemd or PM2 gives a process the time to drain
# description: |
#   On a stop the guard lets the requests that are in flight finish, for at most its drain time.
#   systemd kills the process after `TimeoutStopSec`, PM2 after `kill_timeout` (1.6 s by default); if
#   that comes first, they are lost.
# related_resources:
# - ref: https://www.freedesktop.org/software/systemd/man/latest/systemd.service.html#TimeoutStopSec=
# - ref: https://pm2.keymetrics.io/docs/usage/signals-clean-restart/
# schemas:
# - input: schema.host
# custom:
#   document: host
#   about: process
#   severity: error
#   prevents: "502"
#   setting: systemd.timeout_stop
#   message: >-
#     {{ "PM2" if process.pm2_app else "systemd" }} kills {{ process.name }} {{ has | duration }}
#     after it was told to stop, while its drain may take {{ process.guard.max.value | duration }}:
#     requests in flight are cut off.
#   fix: >-
#     {% if process.pm2_app %}In the ecosystem file set `kill_timeout: {{ needs }}` (ms) or more, and
#     `pm2 reload` it.{% else %}In the unit {{ process.unit.name }} set
#     `TimeoutStopSec={{ needs | nginx_time }}` or more.{% endif %}
package no502.rules.timeouts.stop_timeout_above_drain

import data.no502.lib
import data.no502.lib.host

subjects := host.processes

results[i] contains _judgement(process) if some i, process in input.processes

_judgement(process) := lib.not_applicable("no_unit") if {
	is_null(process.pm2_app)
	is_null(process.unit)
} else := lib.without_guard(process) if {
	is_null(process.guard)
} else := lib.at_least([process.unit.timeout_stop], [process.guard.max], 1000) if {
	is_null(process.pm2_app)
} else := lib.at_least([process.pm2_app.settings.kill_timeout], [process.guard.max], 1000) if {
	# Whatever its own unit says: PM2 is what ends its apps.
	is_object(process.pm2_app)
}

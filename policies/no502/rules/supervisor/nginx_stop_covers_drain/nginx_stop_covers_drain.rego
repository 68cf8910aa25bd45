# METADATA
# title: systemd gives nginx the time to finish
# description: |
#   A stop of nginx's unit, which an upgrade of its package can be, lets the workers finish their
#   requests for as long as `worker_shutdown_timeout` says. systemd kills them after
#   `TimeoutStopSec`; Debian's unit has 5 seconds, and cuts every longer request.
# related_resources:
# - ref: https://www.freedesktop.org/software/systemd/man/latest/systemd.service.html#TimeoutStopSec=
# - ref: https://nginx.org/en/docs/ngx_core_module.html#worker_shutdown_timeout
# schemas:
# - input: schema.host
# custom:
#   document: host
#   about: nginx
#   severity: info
#   prevents: "502"
#   message: >-
#     systemd kills {{ nginx.unit.name }} {{ has | duration }} after it was told to stop, and its
#     workers may take {{ needs | duration }} to finish.
#   fix: >-
#     In a drop-in of {{ nginx.unit.name }} set `TimeoutStopSec={{ needs | nginx_time }}` or more;
#     the role nginx_upstream does.
package no502.rules.supervisor.nginx_stop_covers_drain

import data.no502.lib
import data.no502.lib.host

# What most requests take at most, where nginx itself sets no end.
_usual := 60000

subjects := host.nginx

results[i] contains _judgement(software) if some i, software in input.nginx

_judgement(software) := host.without_unit(software) if {
	is_null(software.unit)
} else := lib.at_least([software.unit.timeout_stop], [software.worker_shutdown_timeout], 1000) if {
	lib.said(software.worker_shutdown_timeout) > 0
} else := lib.at_least([software.unit.timeout_stop], [software.worker_shutdown_timeout], _usual)

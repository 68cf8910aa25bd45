# METADATA
# title: systemd starts nginx again when it fails
# description: |
#   Debian's unit of nginx has no `Restart=`: a master that ends, by a fault of a module or for want
#   of memory, stays away, and with it everything.
# related_resources:
# - ref: https://www.freedesktop.org/software/systemd/man/latest/systemd.service.html#Restart=
# schemas:
# - input: schema.host
# custom:
#   document: host
#   about: nginx
#   severity: info
#   prevents: "502"
#   message: >-
#     {{ nginx.unit.name }} has `Restart={{ nginx.unit.restart.value }}`.
#   fix: >-
#     In a drop-in of {{ nginx.unit.name }} set `Restart=on-failure`; the role nginx_upstream does.
package no502.rules.supervisor.nginx_restarts

import data.no502.lib
import data.no502.lib.host

subjects := host.nginx

results[i] contains _judgement(nginx) if some i, nginx in input.nginx

_judgement(nginx) := host.without_unit(nginx) if {
	is_null(nginx.unit)
} else := lib.one_of(nginx.unit.restart, {"always", "on-failure"})

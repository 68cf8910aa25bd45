# METADATA
# title: Old workers of nginx may finish the longest request, up to two minutes
# description: |
#   After a reload nginx's old workers finish what they have begun. `worker_shutdown_timeout` cuts
#   that off; 0, the default, does not.
# related_resources:
# - ref: https://nginx.org/en/docs/ngx_core_module.html#worker_shutdown_timeout
# schemas:
# - input: schema.route
# custom:
#   document: route
#   about: route
#   severity: warning
#   prevents: "502"
#   setting: nginx.worker_shutdown_timeout
#   message: >-
#     After a reload nginx cuts off requests after {{ has | duration }}, and the longest takes {{
#     route.declared.longest_request.value | duration }}.
#   fix: >-
#     In the main part of nginx's configuration set `worker_shutdown_timeout {{ needs | nginx_time
#     }};` or more.
package no502.rules.timeouts.worker_shutdown_timeout_covers_drain

import data.no502.lib
import data.no502.lib.route

_most := 120000

subjects := route.itself

results[i] contains _judgement if some i in subjects

_judgement := lib.not_applicable("nothing_declared") if {
	is_null(input.declared.longest_request)
} else := lib.pass([input.nginx.worker_shutdown_timeout]) if {
	lib.said(input.nginx.worker_shutdown_timeout) == 0
} else := lib.at_least([input.nginx.worker_shutdown_timeout], [], _most) if {
	lib.said(input.declared.longest_request) > _most
} else := lib.at_least([input.nginx.worker_shutdown_timeout], [input.declared.longest_request], 0)

# METADATA
# title: nginx waits longer than the longest request takes
# description: |
#   `proxy_read_timeout` is how long nginx waits for Node to say something. A request for which the
#   application is silent longer than that is answered with 504, while Node still works on it. At
#   least a second more than the longest request, since a tie is a race.
#
#   In the error log: `upstream timed out (110: Connection timed out) while reading response header`.
# related_resources:
# - ref: https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_read_timeout
# schemas:
# - input: schema.route
# custom:
#   document: route
#   about: route
#   severity: error
#   prevents: "504"
#   setting: nginx.read_timeout
#   message: >-
#     nginx gives up after {{ has | duration }}, but the longest request takes
#     {{ route.declared.longest_request.value | duration }}: it is answered with 504.
#   fix: In nginx set `proxy_read_timeout {{ needs | nginx_time }};` or more.
package no502.rules.timeouts.read_timeout_covers_longest_request

import data.no502.lib
import data.no502.lib.route

subjects := route.itself

results[i] contains _judgement if some i in subjects

_judgement := lib.not_applicable("nothing_declared") if {
	is_null(input.declared.longest_request)
} else := lib.at_least([input.settings.proxy_read_timeout], [input.declared.longest_request], 1000)

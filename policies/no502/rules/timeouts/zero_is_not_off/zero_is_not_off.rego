# METADATA
# title: No time-out of nginx towards the peers is 0
# description: |
#   Where a time-out of 0 looks like "none", nginx takes it as it is: `proxy_read_timeout 0` and
#   `proxy_connect_timeout 0` answer every request with 504 at once.
# related_resources:
# - ref: https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_read_timeout
# - ref: https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_connect_timeout
# schemas:
# - input: schema.route
# custom:
#   document: route
#   about: route
#   severity: error
#   prevents: "504"
#   message: >-
#     nginx has a time-out of 0 towards the peers, which is no time at all: every request gets a 504
#     at once.
#   fix: >-
#     In nginx set `proxy_read_timeout 61s;` and `proxy_connect_timeout 3s;`, whichever is 0. For
#     requests without an end set a long time.
package no502.rules.timeouts.zero_is_not_off

import data.no502.lib
import data.no502.lib.route

subjects := route.itself

results[i] contains _judgement if some i in subjects

_judgement := lib.fail("zero", _timeouts) if {
	some v in _timeouts
	lib.said(v) == 0
} else := lib.unread(_timeouts) if {
	some v in _timeouts
	lib.soft(v)
} else := lib.pass(_timeouts) if {
	every v in _timeouts {
		lib.said(v) > 0
	}
}

_timeouts := [input.settings.proxy_connect_timeout, input.settings.proxy_read_timeout]

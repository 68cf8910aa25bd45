# METADATA
# title: nginx does not send a POST twice
# description: |
#   `proxy_next_upstream ... non_idempotent` has nginx send a request that it has sent to one peer
#   already to another one, whatever it is. Where the first one has done the work and only its
#   answer was lost, an order is placed twice.
# related_resources:
# - ref: https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_next_upstream
# schemas:
# - input: schema.route
# custom:
#   document: route
#   about: route
#   severity: warning
#   prevents: contract
#   message: >-
#     nginx repeats requests that are not idempotent (POST, PATCH) at another peer:
#     `proxy_next_upstream {{ route.settings.proxy_next_upstream.value | join(" ") }}`.
#   fix: >-
#     In nginx take `non_idempotent` out of `proxy_next_upstream`.
package no502.rules.upstream.post_not_retried

import data.no502.lib
import data.no502.lib.route

subjects := route.itself

results[i] contains _judgement if some i in subjects

_judgement := lib.unread([_when]) if {
	lib.soft(_when)
} else := lib.fail("repeats", [_when]) if {
	"non_idempotent" in lib.said(_when)
} else := lib.pass([_when]) if {
	every word in lib.said(_when) {
		word != "non_idempotent"
	}
}

_when := input.settings.proxy_next_upstream

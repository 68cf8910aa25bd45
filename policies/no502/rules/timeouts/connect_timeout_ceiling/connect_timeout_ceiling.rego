# METADATA
# title: nginx gives up connecting within 10 seconds
# description: |
#   A contract of the field: a peer that does not take a connection within ten seconds is not there.
#   Every request that is sent to it waits that long before the next peer is tried, and with the
#   default of 60 seconds most clients are gone by then.
# related_resources:
# - ref: https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_connect_timeout
# schemas:
# - input: schema.route
# custom:
#   document: route
#   about: route
#   severity: info
#   prevents: contract
#   setting: nginx.connect_timeout
#   message: >-
#     nginx waits {{ has | duration }} for a connection to a peer, and should wait at most
#     {{ needs | duration }}.
#   fix: In nginx set `proxy_connect_timeout 3s;`, and at most {{ needs | nginx_time }}.
package no502.rules.timeouts.connect_timeout_ceiling

import data.no502.lib
import data.no502.lib.route

subjects := route.itself

results[i] contains lib.at_most([input.settings.proxy_connect_timeout], [], 10000) if some i in subjects

# METADATA
# title: nginx may have as many files open as it has connections
# description: |
#   A worker of nginx may have `worker_connections` connections, to clients and to peers together,
#   and every one is an open file. Where the limit on open files is lower, it is the one that is met
#   first, with `socket() failed (24: Too many open files)` and a 500.
# related_resources:
# - ref: https://nginx.org/en/docs/ngx_core_module.html#worker_rlimit_nofile
# schemas:
# - input: schema.host
# custom:
#   document: host
#   about: nginx
#   severity: warning
#   prevents: "502"
#   message: >-
#     {{ nginx.name }} may have {{ has }} files open for each worker, and {{ needs }} connections.
#   fix: >-
#     Set `worker_rlimit_nofile {{ 2 * needs }};` in the main part of the configuration.
package no502.rules.limits.nginx_open_files

import data.no502.lib
import data.no502.lib.host

subjects := host.nginx

results[i] contains judgement if some i, judgement in host.not_running

results[i] contains lib.at_least([_limit(software)], [software.worker_connections], 0) if {
	some i, software in host.running_nginx
}

# Where nginx sets none itself, it has the one that it was started with.
_limit(software) := software.unit.limit_nofile if {
	lib.soft(software.worker_rlimit_nofile)
	is_object(software.unit)
} else := software.worker_rlimit_nofile

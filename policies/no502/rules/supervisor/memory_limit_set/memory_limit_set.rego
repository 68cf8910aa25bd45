# METADATA
# title: The process has a memory limit
# description: |
#   A process that leaks takes the memory of the whole host, and the kernel may choose nginx, or
#   another app, as the one to kill. With a limit of its own it is the one that ends, and is started
#   again.
# related_resources:
# - ref: https://www.freedesktop.org/software/systemd/man/latest/systemd.service.html
# - ref: https://www.freedesktop.org/software/systemd/man/latest/systemd.resource-control.html#MemoryMax=bytes
# schemas:
# - input: schema.host
# custom:
#   document: host
#   about: process
#   severity: info
#   prevents: "502"
#   message: >-
#     Nothing limits the memory of {{ process.name }} but the host's own size.
#   fix: >-
#     Set `MemoryMax=` in its unit, and `--max-old-space-size` to three quarters of that at most.
package no502.rules.supervisor.memory_limit_set

import data.no502.lib
import data.no502.lib.host

subjects := host.processes

results[i] contains _judgement(process) if some i, process in input.processes

_judgement(process) := lib.one_of(process.memory_limited, {true})

# METADATA
# title: What the rules about hosts share
# schemas:
# - input: schema.host
package no502.lib.host

# regal ignore:pointless-import
import data.no502.lib # not so: this package is below it, not in it

# METADATA
# title: The subjects of a rule about Node processes, by their place in the document
processes contains i if some i, _ in input.processes

# METADATA
# title: The subjects of a rule about nginx, by their place in the document
nginx contains i if some i, _ in input.nginx

# METADATA
# title: The subjects of a rule about PM2's daemons, by their place in the document
pm2 contains i if some i, _ in input.pm2

# METADATA
# title: The subjects of a rule about what PM2 keeps, by their place in the document
pm2_apps contains i if some i, _ in input.pm2_apps

# METADATA
# title: What is to be said of what no unit of systemd runs
without_unit(subject) := lib.not_applicable("no_unit") if is_null(subject.unit)

# METADATA
# title: Every nginx that is a process of this host's own
running_nginx[i] := software if {
	some i, software in input.nginx
	software.running == true
	is_null(software.container)
}

# METADATA
# title: What is to be said of any other nginx
# scope: document
not_running[i] := lib.not_applicable("not_running") if {
	some i, software in input.nginx
	software.running == false
}

not_running[i] := lib.not_applicable("in_container") if {
	some i, software in input.nginx
	software.running == true
	is_string(software.container)
}

# METADATA
# title: What is to be said of a process that is only planned
planned(process) := lib.not_applicable("planned") if is_null(process.pid)

# METADATA
# title: The process is not only planned
running(process) if is_number(process.pid)

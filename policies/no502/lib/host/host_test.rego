package no502.lib.host_test

import data.no502.fixtures_test as fixtures
import data.no502.lib.host

test_every_process_is_a_subject if {
	host.processes == {0, 1} with input as fixtures.host({"/processes": [fixtures.process, fixtures.process]})
	host.processes == set() with input as fixtures.host({"/processes": []})
}

test_whatever_else_runs_is_a_subject if {
	host.nginx == {0} with input as fixtures.host({})
	host.pm2 == {0} with input as fixtures.host({})
	host.pm2_apps == {0} with input as fixtures.host({})
	host.nginx == set() with input as fixtures.host({"/nginx": []})
	host.pm2 == set() with input as fixtures.host({"/pm2": []})
	host.pm2_apps == set() with input as fixtures.host({"/pm2_apps": []})
}

test_a_process_without_a_unit if {
	host.without_unit(object.union(fixtures.process, {"unit": null})).status == "not_applicable"
	not host.without_unit(fixtures.process)
	not host.without_unit(object.remove(fixtures.process, ["unit"]))
}

test_an_nginx_that_does_not_run_here if {
	not host.not_running(fixtures.nginx)
	host.not_running(object.union(fixtures.nginx, {"running": false})).reason == "not_running"
	host.not_running(object.union(fixtures.nginx, {"container": "4f2d"})).reason == "in_container"
	not host.not_running(object.remove(fixtures.nginx, ["running"]))
}

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
	host.not_running == {} with input as fixtures.host({})
	object.keys(host.running_nginx) == {0} with input as fixtures.host({})
	every path, value in {"/nginx/0/running": false, "/nginx/0/container": "4f2d"} {
		host.not_running[0].status == "not_applicable" with input as fixtures.host({path: value})
		host.running_nginx == {} with input as fixtures.host({path: value})
	}
}

test_whether_it_runs_is_missing if {
	every path in ["/nginx/0/running", "/nginx/0/container"] {
		host.not_running == {} with input as json.remove(fixtures.host({}), [path])
		host.running_nginx == {} with input as json.remove(fixtures.host({}), [path])
	}
}

test_a_planned_process if {
	host.planned(object.union(fixtures.process, {"pid": null})).status == "not_applicable"
	not host.planned(fixtures.process)
	host.running(fixtures.process)
	not host.running(object.union(fixtures.process, {"pid": null}))
	not host.running(object.remove(fixtures.process, ["pid"]))
	not host.planned(object.remove(fixtures.process, ["pid"]))
}

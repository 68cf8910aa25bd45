package no502.lib.host_test

import data.no502.fixtures_test as fixtures
import data.no502.lib.host

test_every_process_is_a_subject if {
	host.processes == {0, 1} with input as fixtures.host({"/processes": [fixtures.node, fixtures.node]})
	host.processes == set() with input as fixtures.host({"/processes": []})
}

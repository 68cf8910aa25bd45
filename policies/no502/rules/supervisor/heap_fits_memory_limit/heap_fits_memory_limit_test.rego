package no502.rules.supervisor.heap_fits_memory_limit_test

import data.no502.fixtures_test as fixtures
import data.no502.rules.supervisor.heap_fits_memory_limit as rule

_old := "/processes/0/old_space"

_limit := "/processes/0/memory_limit"

fires := {
	"a byte too many of a large limit": fixtures.host({
		_limit: fixtures.bytes_of(2147483648),
		_old: fixtures.bytes_of(1610612737),
	}),
	"a byte too many of a small one": fixtures.host({
		_limit: fixtures.bytes_of(536870912),
		_old: fixtures.bytes_of(268435457),
	}),
	"nothing is left": fixtures.host({_limit: fixtures.bytes_of(100000000), _old: fixtures.bytes_of(1)}),
}

test_fires if {
	every document in fires {
		fixtures.status(rule.subjects, rule.results) == "fail" with input as document
	}
}

quiet := {
	"it fits, whether that is a limit or not": fixtures.host({"/processes/0/memory_limited": fixtures.unknown_of(null)}),
	"three quarters of a large limit": fixtures.host({
		_limit: fixtures.bytes_of(2147483648),
		_old: fixtures.bytes_of(1610612736),
	}),
	"all but 256 MiB of a small one": fixtures.host({
		_limit: fixtures.bytes_of(536870912),
		_old: fixtures.bytes_of(268435456),
	}),
}

test_quiet if {
	every document in quiet {
		fixtures.status(rule.subjects, rule.results) == "pass" with input as document
	}
}

not_applicable := {
	"nothing limits it": fixtures.host({"/processes/0/memory_limited": fixtures.text(false)}),
}

test_not_applicable if {
	every document in not_applicable {
		fixtures.status(rule.subjects, rule.results) == "not_applicable" with input as document
	}
}

unknown := {
	"the heap is V8's own choice": fixtures.host({
		_old: object.union(fixtures.bytes_of(1), {"origin": "assumed"}),
	}),
	"the limit was not read": fixtures.host({_limit: fixtures.unknown_of("bytes")}),
}

test_unknown if {
	every document in unknown {
		fixtures.status(rule.subjects, rule.results) == "unknown" with input as document
	}
}

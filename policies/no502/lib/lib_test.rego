package no502.lib_test

import data.no502.fixtures_test as fixtures
import data.no502.lib

test_what_is_firm_is_said if {
	every origin in ["config", "default", "live", "declared", "planned"] {
		lib.said(object.union(fixtures.ms(5), {"origin": origin})) == 5
	}
}

test_what_is_not_firm_is_not_said if {
	not lib.said(fixtures.assumed(5))
	not lib.said(fixtures.unknown)
	not lib.said(object.union(fixtures.ms(5), {"origin": "rumour"}))
	not lib.said(object.union(fixtures.ms(5), {"value": null}))
	not lib.said(object.union(fixtures.ms(5), {"source": null}))
	not lib.said(object.remove(fixtures.ms(5), ["origin"]))
}

test_only_assumed_and_unknown_are_soft if {
	lib.soft(fixtures.assumed(5))
	lib.soft(fixtures.unknown)
	not lib.soft(fixtures.ms(5))
	not lib.soft({})
}

_compared(judgement) := [judgement.status, judgement.margin]

test_relations_at_and_beside_the_bound if {
	_compared(lib.at_least([fixtures.ms(5)], [], 5)) == ["pass", 0]
	_compared(lib.at_least([fixtures.ms(4)], [], 5)) == ["fail", -1]
	_compared(lib.above([fixtures.ms(6)], [], 5)) == ["pass", 1]
	_compared(lib.above([fixtures.ms(5)], [], 5)) == ["fail", 0]
	_compared(lib.at_most([fixtures.ms(5)], [], 5)) == ["pass", 0]
	_compared(lib.at_most([fixtures.ms(6)], [], 5)) == ["fail", -1]
	_compared(lib.below([fixtures.ms(4)], [], 5)) == ["pass", 1]
	_compared(lib.below([fixtures.ms(5)], [], 5)) == ["fail", 0]
}

test_both_sides_are_sums if {
	judgement := lib.at_least([fixtures.ms(4), fixtures.live(3)], [fixtures.ms(5)], 2)
	[judgement.has, judgement.needs, judgement.margin] == [7, 7, 0]
	judgement.values == [fixtures.ms(4), fixtures.live(3), fixtures.ms(5)]
	judgement.relation == "at_least"
	judgement.unit == "ms"
}

test_one_soft_value_makes_it_unknown if {
	judgement := lib.at_least([fixtures.ms(5), fixtures.unknown], [fixtures.ms(1)], 0)
	judgement.status == "unknown"
	judgement.reason == "value"
	judgement.values == [fixtures.ms(5), fixtures.unknown, fixtures.ms(1)]
	lib.at_least([fixtures.ms(5)], [fixtures.assumed(1)], 0).status == "unknown"
}

test_what_cannot_be_compared_is_undefined if {
	not lib.at_least([fixtures.ms(5)], [fixtures.count_of(1)], 0)
	not lib.at_least([object.union(fixtures.ms(5), {"value": "5"})], [], 0)
	not lib.at_least([object.remove(fixtures.ms(5), ["unit"])], [], 0)
	not lib.at_least([object.remove(fixtures.ms(5), ["value"])], [], 0)
}

test_judgements_without_a_comparison if {
	lib.pass([fixtures.ms(1)]).status == "pass"
	lib.pass([fixtures.ms(1)]).values == [fixtures.ms(1)]
	lib.fail("why", [fixtures.ms(1)]).status == "fail"
	lib.fail("why", []).reason == "why"
	lib.not_applicable("why").status == "not_applicable"
	lib.not_applicable("why").reason == "why"
	lib.unknown("why").status == "unknown"
	lib.unknown("why").reason == "why"
	lib.unread([fixtures.unknown]).status == "unknown"
}

test_a_process_without_a_guard if {
	not lib.without_guard(fixtures.node)
	lib.without_guard(object.union(fixtures.node, {"guard": null})).status == "unknown"
	stranger := object.union(fixtures.node, {"guard": null, "managed": false})
	lib.without_guard(stranger).status == "not_applicable"
	not lib.without_guard(object.remove(fixtures.node, ["guard"]))
	not lib.without_guard({"guard": null})
}

test_one_of_some if {
	lib.one_of(fixtures.text("b"), {"a", "b"}).status == "pass"
	lib.one_of(fixtures.text("c"), {"a", "b"}).status == "fail"
	lib.one_of(fixtures.text(false), {false}).status == "pass"
	lib.one_of(fixtures.text(true), {false}).values == [fixtures.text(true)]
	lib.one_of(fixtures.unknown_of(null), {"a"}).status == "unknown"
	not lib.one_of(object.remove(fixtures.text("a"), ["value"]), {"a"})
}

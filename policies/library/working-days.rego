# Monday to Friday at +01:00. A request without a time has 0, which must not count as the Thursday that 1970 began with.
package library.working_days

default allow := false

allow if {
	input.now > 0
	not time.weekday((input.now + 3600) * 1000000000) in {"Saturday", "Sunday"}
}

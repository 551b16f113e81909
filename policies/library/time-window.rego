# Between 8 and 18 o'clock at +01:00, in 2025 and 2026. input.now is in seconds since 1970.
package library.time_window

default allow := false

allow if {
	of_day := (input.now + 3600) % 86400
	of_day > 8 * 3600
	of_day < 18 * 3600

	now := input.now * 1000000000
	now > time.parse_rfc3339_ns("2025-01-01T00:00:00+01:00")
	now < time.parse_rfc3339_ns("2027-01-01T00:00:00+01:00")
}

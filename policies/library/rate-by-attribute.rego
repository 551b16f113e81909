# Less was used than the caller's contract allows. Null is less than every number, so that both have to be numbers.
package library.rate_by_attribute

default allow := false

allow if {
	is_number(input.context.used)
	is_number(input.authn_ctx.rate_limit)
	input.context.used < input.authn_ctx.rate_limit
}

# Handed over with an allow, for a header such as RateLimit-Remaining.
remaining := (input.authn_ctx.rate_limit - input.context.used) - 1 if allow

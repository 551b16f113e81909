# Every consent of this list has to be given. What is there and not true is withdrawn.
package library.consent_required

default allow := false

allow if {
	every id in ["accounts", "analytics"] {
		input.contexts.consents[id] == true
	}
}

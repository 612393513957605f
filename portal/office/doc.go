// Package office is where the staff of the mutuality work: their own door, the queue of
// what waits, the file of a person who asked for help, identity checks at the counter,
// accounts, staff and the system's own troubles.
//
// An officer signs in with an eID card, in a session of another kind than a member's
// (auth.Officer). What she may do is a matter of roles, read anew with each request.
//
//	queue ──take──▶ item ──answer──▶ closed          one holder at a time
//	                  └─ open the file, for this item ─┐
//	person ── who, and why ──▶ opening (30 minutes) ◀──┘
//	        └─ why ──▶ her card, with PIN ─▲
//	                              ├─ file        each look leaves a row with the reason
//	                              ├─ identity check ─▶ a way in: sealed code, card
//	                              └─ account off and on
//
// There is no address of a person's file: only of an opening, which is one officer's, in
// one session, for one member and one reason, and ends by itself. Nobody works on her
// own file or request.
package office

// Package kiosk is the counter at a contact point: machines that many people use one
// after the other, each with an eID card.
//
// A kiosk has a key of its own. An administrator makes a one-use code; the machine sends
// it with its public key, signed, and is paired. From then on its agent holds a lease:
// it says every few seconds that it lives, tells which browser is its own, and says at
// once when a card comes out. The words between the two are in package reader/api.
//
//	agent   ──▶ start ──▶ lease        browser ──▶ cookie ◀── bind ── agent
//	agent   ──▶ beat, beat, …          member's card ──▶ session, bound to the lease
//	agent   ──▶ card-out ──▶ the session ends, in the same transaction
//
// With a card that is put in come its identity files. They are believed only under the
// registry's signature, and all that is kept of them, until the card comes out, is whose
// they are, as an index, and how long the card counts ([Card]). Who has no account yet gets
// one by her card if these are her files; her address is the insurance system's, and nobody
// looks at the photo.
//
// A beat tells how the machine is ([api.KioskHealth]). Somebody is called, by an item of the
// office's queue, once for each cause while nobody came: a key that is suspended, a reader,
// printer or browser that fails, a card left in, nothing heard for [CallAfter].
//
// Amounts and her numbers are masked there until she asks for them, for her session alone
// ([Browser].Show).
//
// What is printed there is a page of hers ([PrintOf]), counted by session, with a row each.
//
// A session that began at a kiosk lives only while the lease it began in does: no beat
// for Times.Silence, another lease, or a key that is suspended or revoked, and the next
// request of the browser finds nobody signed in, on every server.
//
// A key that was copied shows: the counter goes back or repeats, or a second lease begins
// while the first lives. The key is suspended at once, with an alert, until an
// administrator pairs the machine anew.
package kiosk

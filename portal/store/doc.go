// Package store keeps everything the portal keeps, in one SQLite file, and is the only
// package that speaks SQL. Its [DB] implements the Store interface of every area.
//
// # Writing
//
//	caller ─┐                        one transaction
//	caller ─┼─▶ queue ─▶ writer: BEGIN ─ act 1 ─ act 2 ─ … ─ COMMIT ─▶ answers
//	caller ─┘                            └ savepoint and audit row each
//
// All writing goes through one goroutine (writer.go). Acts that wait while a commit is
// on its way to the disk share the next one, so many clients cost few syncs. An act
// that fails rolls back alone and leaves an audit row of its refusal; a commit that
// fails fails all who shared it. An answer without error means: on disk, with
// synchronous=FULL, the audit row in the same commit.
//
// After an I/O error of the disk nothing is written any more until the store is opened
// again ([ErrStopped], [DB.Stopped]): what a failed fsync left behind is known to
// nobody, and asking again would get a yes that means nothing. A full disk is no such
// error: acts fail ([ErrFull]) and go on when there is room.
//
// # Reading
//
// A few reading connections with small caches see the last commit (WAL). What reveals
// a member's data is audited before it is returned (reveal in audit.go).
//
// # At rest
//
// Documents, acts, national and account numbers are sealed by package vault; the rest
// is left to the encryption of the disk. The keys are never in the file.
//
// # Towards PostgreSQL
//
// Keys begin with mutuality and member, times are integers, statements keep to what
// both engines know, and each public method is one transaction. The behaviour is
// tested by one suite that takes any way to open a store (suite_test.go).
package store

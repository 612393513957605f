// Package store keeps everything the portal keeps, in one SQLite file or one PostgreSQL
// database, and is the only package that speaks SQL. Its [DB] implements the Store
// interface of every area.
//
// # Writing
//
//	caller ─┐                        one transaction
//	caller ─┼─▶ queue ─▶ writer: BEGIN ─ act 1 ─ act 2 ─ … ─ COMMIT ─▶ answers
//	caller ─┘                            └ savepoint and audit row each
//
// All writing of a process goes through one goroutine (writer.go). Acts that wait while a commit is
// on its way to the disk share the next one, so many clients cost few syncs. An act
// that fails rolls back alone and leaves an audit row of its refusal; a commit that
// fails fails all who shared it. An answer without error means: on disk, synced, the
// audit row in the same commit.
//
// An act that asks for something to be done later queues a job in its own commit
// (jobs.go); package jobs does it.
//
// # SQLite
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
// # PostgreSQL
//
// Several processes, on as many machines, work on one database. Their acts are serial
// all the same (engine_postgres.go), and each writes a chain of audit rows of its own.
// A server that does not answer is [ErrUnavailable] within two seconds, for reads as for
// acts; the writer finds its way back by itself, learns from the database where its
// chain ends, and goes on, unless that is not the end it wrote ([ErrStopped]). What became
// of a commit that had no answer it looks up (doubt.go): the act is done, or done again.
// Where the database does not come back in time to say, it is [ErrInDoubt].
//
// # Both
//
// What differs is in one interface (engine.go). Keys begin with mutuality and member,
// times are integers, statements are written once, with ? for arguments, and keep to
// what both engines know; each public method is one transaction. Migrations are written
// twice and end with the same tables, columns and indexes. The behaviour is tested by
// one suite on both (suite_test.go); package storetest gives either to any test.
package store

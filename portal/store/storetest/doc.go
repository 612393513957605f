// Package storetest gives a test of any package a real store on either engine: a
// SQLite file in the test's folder, or a database of its own on a PostgreSQL server that
// the test process starts once, on a Unix socket, and takes with it when it ends.
//
//	func TestBank(t *testing.T) {
//		storetest.Each(t, func(t *testing.T, open storetest.Opener) {
//			db := open()
//			...
//
// [Pair] opens two stores on one database, as two servers of a cluster do.
package storetest

// Package core is what the counter knows from the mutuality's insurance system, which
// stays the master: the records that are imported, as lines of NDJSON or CSV, and what
// is exported back.
package core

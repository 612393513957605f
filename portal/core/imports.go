package core

import "time"

// Import is one file that was taken in, or is being taken in.
type Import struct {
	ID     string
	Kind   Kind
	File   string // its name, without the folder
	SHA256 [32]byte
	AsOf   time.Time // the insurance system's own time of these data
	State  ImportState
	// Bytes and Lines are how far it got by commits: after a crash it goes on there.
	Bytes, Lines                        int64
	Added, Changed, Unchanged, Rejected int64
	// Complete says that its files hold every row of the kind (Fate).
	Complete bool
	// EndedRows and RemovedRows are those that a complete delivery does not hold any more.
	EndedRows, RemovedRows int64
	Started, Ended         time.Time // Ended zero: not yet
}

// ImportState of an Import.
type ImportState string

// The states.
const (
	ImportRunning ImportState = "running" // or cut short: the same command goes on
	ImportDone    ImportState = "done"
	ImportRefused ImportState = "refused" // the file as a whole; nothing of it was taken
)

// LineReject is a line of a file that was not taken. It holds nothing of what stood in it.
type LineReject struct {
	Line   int64
	Field  string // as in the schema; empty: the line as a whole
	Reason string
}

// Part is lines of a file that follow each other.
type Part struct {
	Batch
	LineOf       []int64      // of each row
	Rejects      []LineReject // lines that could not be read
	Bytes, Lines int64        // of the file, to the end of this part
}

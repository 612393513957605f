package requests

import (
	"time"

	"guichet.example/portal/upload"
)

// Bounds of an answer to the office.
const (
	MaxAnswer      = 1000 // characters
	MaxAnswerFiles = 1
	MaxAnswerFile  = 5_000_000 // bytes
)

// Answer is what a member answers when the office asks her for something that a request
// lacks.
type Answer struct {
	Text  string
	Files []AnswerFile
}

// AnswerFile is a file of hers, as it came.
type AnswerFile struct {
	Media   upload.Media // as its bytes say
	Content []byte
}

// Said is a question of the office, or an answer to it.
type Said struct {
	At   time.Time
	Mine bool // the member's
	Text string
}

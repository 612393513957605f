package pinentry

import "errors"

// ErrUnavailable means there is no pinentry, or the one there cannot show itself. It is
// found before anything was asked of a person.
var ErrUnavailable = errors.New("pinentry cannot ask")

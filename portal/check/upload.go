package check

import (
	"context"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"
)

// Bounds of an upload.
const (
	// MaxFile is the largest file that is checked here, in bytes.
	MaxFile = 25_000_000
	// spill is how much more than that is read and thrown away, in bytes, so that a browser
	// that is still sending hears why.
	spill = 15_000_000
	// maxParts bounds the fields of the form, maxField each but the file, in bytes.
	maxParts = 4
	maxField = 64
	// patience is how long a file may take to come in, on a slow line.
	patience = 2 * time.Minute
	// answering is how long the answer may take after that.
	answering = time.Minute
)

// Why a file is not checked. Each is the end of a key: check.error.<problem>.
var (
	errNoFile   = refusal{http.StatusUnprocessableEntity, "none"}
	errTwoFiles = refusal{http.StatusUnprocessableEntity, "two"}
	errTooLarge = refusal{http.StatusRequestEntityTooLarge, "large"}
	errNotPDF   = refusal{http.StatusUnprocessableEntity, "not-pdf"}
	errLocked   = refusal{http.StatusUnprocessableEntity, "locked"}
	errForm     = refusal{http.StatusBadRequest, "form"}
	errSlow     = refusal{http.StatusRequestTimeout, "slow"}
	errNotNow   = refusal{http.StatusServiceUnavailable, "busy"}
)

// refusal is an upload that is not checked: the status of the answer, and its words.
type refusal struct {
	status int
	key    string
}

func (r refusal) Error() string { return "upload refused: " + r.key }

// upload is what the form sent.
type upload struct {
	file []byte
	json bool // the answer is for a program
}

// receive reads the form part by part: one file of at most MaxFile bytes, and the few
// small fields of the form. Nothing touches the disk. The error is a refusal.
func receive(c *gin.Context) (upload, error) {
	// A file may take longer than other requests. A recorder in a test has no clock.
	control := http.NewResponseController(c.Writer)
	_ = control.SetReadDeadline(time.Now().Add(patience))
	_ = control.SetWriteDeadline(time.Now().Add(patience + answering))
	c.Request.Body = http.MaxBytesReader(c.Writer, c.Request.Body, MaxFile+spill)
	parts, err := c.Request.MultipartReader()
	if err != nil {
		return upload{}, errForm
	}
	var u upload
	for n := 0; ; n++ {
		part, err := parts.NextRawPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return upload{}, broken(err)
		}
		if n == maxParts {
			return upload{}, errForm
		}
		if err := u.take(part); err != nil {
			return upload{}, err
		}
	}
	if len(u.file) == 0 {
		return upload{}, errNoFile
	}
	return u, nil
}

// take reads one field of the form.
func (u *upload) take(part *multipart.Part) error {
	switch part.FormName() {
	case "file":
		file, err := readFile(part)
		switch {
		case err != nil:
			return err
		case len(u.file) > 0 && len(file) > 0:
			return errTwoFiles
		case len(file) > 0:
			u.file = file
		}
		return nil
	case "key", "as":
		text, err := io.ReadAll(io.LimitReader(part, maxField+1))
		if err != nil {
			return broken(err)
		}
		if len(text) > maxField {
			return errForm
		}
		u.json = u.json || part.FormName() == "as" && string(text) == "json"
		return nil
	}
	return errForm
}

// readFile reads a file of at most MaxFile bytes; of a larger one the rest is let pass.
func readFile(part *multipart.Part) ([]byte, error) {
	file, err := io.ReadAll(io.LimitReader(part, MaxFile+1))
	if err != nil {
		return nil, broken(err)
	}
	if len(file) > MaxFile {
		_, _ = io.Copy(io.Discard, part)
		return nil, errTooLarge
	}
	return file, nil
}

// broken says what became of a form that ended early.
func broken(err error) error {
	var tooLarge *http.MaxBytesError
	var slow interface{ Timeout() bool }
	switch {
	case errors.As(err, &tooLarge):
		return errTooLarge
	case errors.As(err, &slow) && slow.Timeout():
		return errSlow
	}
	return errForm
}

// within enters the gate and gives the upload to f, so that no more files are in memory
// than there is room for.
func (a *Check) within(c *gin.Context, f func(ctx context.Context, u upload) error) error {
	leave, err := a.Gate.Enter(a.Sessions.Network(c))
	if err != nil {
		return errNotNow
	}
	defer leave()
	u, err := receive(c)
	if err != nil {
		return err
	}
	done, err := a.Gate.Work(c.Request.Context())
	if errors.Is(err, ErrBusy) {
		return errNotNow
	}
	if err != nil {
		return err
	}
	defer done()
	return f(c.Request.Context(), u)
}

// retryAfter is what who comes while the gate is full is told to wait, in seconds.
var retryAfter = strconv.Itoa(15)

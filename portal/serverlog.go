package portal

import (
	"log"
	"log/slog"
	"regexp"
	"strings"
)

// peer is an address with its port, as net/http puts it into what it tells of a connection.
var peer = regexp.MustCompile(`(\d{1,3}(\.\d{1,3}){3}|\[[0-9A-Fa-f:.]+(%[^\]\s]+)?\]):\d+`)

// serverLog takes what net/http tells of connections that failed before there was a request:
// what went wrong, and not from where. An address is a person's, and the other lines of the
// log hold none.
func serverLog(to *slog.Logger) *log.Logger { return log.New(addressless{to}, "", 0) }

type addressless struct{ to *slog.Logger }

// Write implements io.Writer for one line.
func (w addressless) Write(line []byte) (int, error) {
	w.to.Warn(peer.ReplaceAllString(strings.TrimSpace(string(line)), "an address"))
	return len(line), nil
}

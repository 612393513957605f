package doctor

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"guichet.example/reader/api"
)

// Bounds of what is asked over the network.
const (
	portTime  = 2 * time.Second // on this machine
	siteTime  = 6 * time.Second
	maxAnswer = 64 << 10 // bytes
)

// maxSkew is how far the clock may be off before sign-ins suffer.
const maxSkew = 5 * time.Minute

// get asks once, follows nothing and gives up in time.
func (e *examination) get(ctx context.Context, url, origin string, patience time.Duration) (*http.Response, []byte, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, nil, err
	}
	if origin != "" {
		request.Header.Set("Origin", origin)
	}
	response, err := e.Client.RoundTrip(request)
	if err != nil {
		return nil, nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	return response, body, err
}

// askAgent says who listens where pages look for the agent.
func (e *examination) askAgent(ctx context.Context) result {
	if e.Serving {
		return result{finding: "serving"}
	}
	args := []string{"port", port(e.Agent), "ours", api.Version}
	if e.Origin != "" {
		args = append(args, "site", plainly(e.Origin))
	}
	response, body, err := e.get(ctx, "http://"+e.Agent+api.StatusPath, e.Origin, portTime)
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return result{finding: "free", args: args}
	case err != nil:
		return result{finding: "taken", args: args}
	}
	var status api.Status
	if response.StatusCode == http.StatusOK && json.Unmarshal(body, &status) == nil && status.Agent == api.Name {
		args = append(args, "version", plainly(status.Version))
		switch {
		case status.Version != api.Version:
			return result{finding: "version", args: args}
		case status.Busy:
			return result{finding: "busy", args: args}
		}
		return result{finding: "answers", args: args}
	}
	var failure api.Failure // who is not an allowed page is told so, in the agent's words
	if json.Unmarshal(body, &failure) == nil && strings.HasPrefix(string(failure.Error.Code), "ERR_WEBEID_") {
		if e.Origin != "" {
			return result{finding: "refuses", args: args}
		}
		return result{finding: "answers", args: args}
	}
	return result{finding: "taken", args: args}
}

func port(address string) string {
	if _, port, err := net.SplitHostPort(address); err == nil {
		return port
	}
	return address
}

// askClock compares the clock with the site's, if one was named, else with the time this
// program was installed, which lies behind.
func (e *examination) askClock(ctx context.Context) result {
	if e.Origin == "" {
		return e.compareWithFile()
	}
	response, _, err := e.get(ctx, e.Origin+"/", "", siteTime)
	var invalid x509.CertificateInvalidError
	if errors.As(err, &invalid) && invalid.Reason == x509.Expired {
		return result{finding: "certificate"}
	}
	if err != nil {
		return result{finding: "unreachable"}
	}
	site, err := http.ParseTime(response.Header.Get("Date"))
	if err != nil {
		return result{finding: "unreachable"}
	}
	off := e.Now().Sub(site).Abs()
	if off > maxSkew {
		return result{finding: "wrong", args: []string{"n", e.text.span(off)}}
	}
	return result{finding: "right"}
}

func (e *examination) compareWithFile() result {
	file, err := os.Stat(e.System.Program())
	if err == nil && e.Now().Before(file.ModTime().Add(-24*time.Hour)) {
		return result{finding: "behind", args: []string{"date", e.text.day(e.Now())}}
	}
	return result{finding: "alone"}
}

// span is how far a clock is off, in the largest unit that fits.
func (t *text) span(d time.Duration) string {
	switch {
	case d >= 48*time.Hour:
		return strconv.Itoa(int(d/(24*time.Hour))) + " " + t.days
	case d >= 2*time.Hour:
		return strconv.Itoa(int(d/time.Hour)) + " " + t.hours
	}
	return strconv.Itoa(int(d/time.Minute)) + " " + t.minutes
}

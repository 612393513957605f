package objects

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
)

// Bounds of an answer, in bytes.
const (
	maxList   = 8 << 20 // 1,000 names of 1 kB, escaped
	maxAnswer = 1 << 20 // but for objects
)

// wary passes on no more of an answer than there can be of it, and as a list only one.
type wary struct{ next http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (w wary) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := w.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	good := answer.StatusCode == http.StatusOK
	switch {
	case good && r.Method == http.MethodGet && r.URL.Query().Has("list-type"):
		return readList(answer)
	case good && r.Method == http.MethodGet:
		answer.Body = &bounded{answer.Body, MaxSize + 1}
	default:
		answer.Body = &bounded{answer.Body, maxAnswer}
	}
	return answer, nil
}

// readList reads a list whole. An error that is said to be good would be one of no names.
func readList(answer *http.Response) (*http.Response, error) {
	defer answer.Body.Close()
	text, err := io.ReadAll(&bounded{answer.Body, maxList})
	if err != nil {
		return nil, err
	}
	for tokens := xml.NewDecoder(bytes.NewReader(text)); ; {
		token, err := tokens.Token()
		if err != nil {
			return nil, fmt.Errorf("not a list: %w", ErrWrong)
		}
		if element, ok := token.(xml.StartElement); ok {
			if element.Name.Local != "ListBucketResult" {
				return nil, fmt.Errorf("not a list: %w", ErrWrong)
			}
			answer.Body = io.NopCloser(bytes.NewReader(text))
			return answer, nil
		}
	}
}

// bounded fails where more comes than may.
type bounded struct {
	io.ReadCloser
	left int64
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.left < 0 {
		return 0, fmt.Errorf("answer without end: %w", ErrWrong)
	}
	n, err := b.ReadCloser.Read(p[:min(int64(len(p)), b.left+1)])
	if b.left -= int64(n); b.left < 0 {
		return 0, fmt.Errorf("answer without end: %w", ErrWrong)
	}
	return n, err
}
